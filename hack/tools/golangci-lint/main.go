// Command golangci-lint is golangci-lint with the two module plugins this project uses linked in: kube-api-linter
// and logcheck. Its own "custom" command clones golangci-lint from the internet to do the same, which a pinned and
// offline build cannot; it must not contain anything but the link.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter"             // registers the plugin "kubeapilinter"
	_ "sigs.k8s.io/logtools/logcheck/gclplugin" // registers the plugin "logcheck"
)

const linterModule = "github.com/golangci/golangci-lint/v2"

func main() {
	if err := commands.Execute(buildInfo()); err != nil {
		fmt.Fprintf(os.Stderr, "The command is terminated due to an error: %v\n", err)
		os.Exit(exitcodes.Failure)
	}
}

// buildInfo names the linked golangci-lint as the version, so that "version" and the cache key follow go.mod.
func buildInfo() commands.BuildInfo {
	info := commands.BuildInfo{Version: "unknown", Commit: "?", GoVersion: "unknown", Date: "(unknown)"}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	info.GoVersion = build.GoVersion
	for _, dep := range build.Deps {
		if dep.Path == linterModule {
			info.Version, info.Commit = dep.Version, dep.Sum
		}
	}
	return info
}

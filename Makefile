# `make` alone lists the targets. Tools are pinned in hack/tools and built into ./bin; nothing is downloaded but Go modules.
SHELL := /usr/bin/env bash -o pipefail
.SHELLFLAGS := -ec
.DEFAULT_GOAL := help

IMG ?= okta-credential-operator:dev
CONTAINER_TOOL ?= docker
# Without a kubectl of your own, the one that was built with the control plane.
KUBECTL ?= $(shell command -v kubectl || echo "$$(hack/controlplane/build)/kubectl")
BIN := $(CURDIR)/bin
CONTROLLER_GEN := $(BIN)/controller-gen
KUSTOMIZE := $(BIN)/kustomize
GOLANGCI_LINT := $(BIN)/golangci-lint
TEST_FLAGS ?= -race -shuffle=on -timeout=30m
# The API server that tests run on: the one that KUBEBUILDER_ASSETS names, else the one built from source.
WITH_ASSETS = assets="$${KUBEBUILDER_ASSETS:-$$(hack/controlplane/build)}"; export KUBEBUILDER_ASSETS="$$assets";
N ?= 1000

##@ General

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*##"; printf "\nUsage:\n  make \033[36m<target>\033[0m\n"} /^[a-zA-Z_0-9-]+:.*?##/ { printf "  \033[36m%-18s\033[0m %s\n", $$1, $$2 } /^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## See a revoked client secret heal, on an API server and an Okta of its own. KEEP=1 leaves them running.
	@$(WITH_ASSETS) echo "compiling the demo: some minutes the first time" >&2; KEEP="$(KEEP)" go run ./hack/demo

##@ Development

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Write the deepcopy methods of the API types, and the index of docs/reasons.
	$(CONTROLLER_GEN) object paths=./api/...
	go run ./hack/reasons

.PHONY: manifests
manifests: $(CONTROLLER_GEN) ## Write the CustomResourceDefinitions and the manager's ClusterRole.
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=manager-role paths=./controllers/... output:rbac:artifacts:config=config/rbac

.PHONY: verify
verify: $(CONTROLLER_GEN) $(KUSTOMIZE) ## Fail if a generated file, go.mod or go.sum is out of date. Changes nothing.
	hack/verify $(CONTROLLER_GEN) $(KUSTOMIZE)

.PHONY: vet
vet: ## Run go vet.
	go vet ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) lint-api ## Run every linter.
	$(GOLANGCI_LINT) run

.PHONY: lint-fix
lint-fix: $(GOLANGCI_LINT) ## Run the linters and let them mend what they can.
	$(GOLANGCI_LINT) run --fix

.PHONY: lint-api
lint-api: $(GOLANGCI_LINT) ## Hold the API types against the API conventions of Kubernetes.
	$(GOLANGCI_LINT) run --config .golangci-kal.yml ./api/...

##@ Test

.PHONY: test
test: verify lint ## Everything: generated files, lint, unit and integration tests under the race detector, the model check without.
	$(WITH_ASSETS) go test $(TEST_FLAGS) ./...
	go test ./internal/rotation -run Exhaustive -timeout=30m

.PHONY: test-unit
test-unit: ## Tests that need no API server.
	go test $(TEST_FLAGS) ./api/... ./cmd/... ./internal/...

.PHONY: test-integration
test-integration: ## Tests on a real API server.
	$(WITH_ASSETS) go test $(TEST_FLAGS) ./controllers/... ./test/...

.PHONY: model
model: ## Follow every path of a small world with the real planner; prints how many. BUDGET=2: from every start, in every setting.
	go test ./internal/rotation -run Exhaustive -count=1 -v -timeout=180m $(if $(BUDGET),-exhaustive.budget=$(BUDGET)) | \
	  sed '/^=== /d; /--- PASS/d; s/^ *exhaustive[a-z_]*_test.go:[0-9]*: //'

.PHONY: crash
crash: ## Kill the operator at every call of every scenario, not just at a sample; prints what was survived.
	$(WITH_ASSETS) CRASH_ALL=1 go test -C test/crash -count=1 -timeout=60m

.PHONY: switches
switches: ## Decide with SAMPLE=5000 combinations, from SEED=1 on, of all that nobody knows about Okta, in each situation.
	go test ./controllers/oktaclientcredential -count=1 -v -timeout=60m -run 'TestNoSwitchIsForgotten|TestWhateverNobodyKnows' -switches.sample=$(or $(SAMPLE),5000) -switches.seed=$(or $(SEED),1) | grep -v '=== \|--- PASS'

.PHONY: bench
bench: ## Measure the operator with N=1000 credentials; fails over its budget. QUIET=5m watches it at rest besides.
	@$(WITH_ASSETS) go run ./test/bench -n $(N) $(if $(QUIET),-quiet $(QUIET))

.PHONY: fleet
fleet: ## Revoke half of a fleet of 300, and follow the System Log for 2,000 credentials, on a real API server.
	$(WITH_ASSETS) go test ./test/fleet -count=1 -v -timeout=60m -fleet.braked=300 -fleet.followed=2000 -fleet.revoked=120 -fleet.span=1m | grep -v '=== \|^{'

.PHONY: live
live: ## Ask a real Okta org what the simulated one is made of, and compare; says how if it cannot. ARGS="…" adds flags.
	@go build -o $(BIN)/live ./test/live && $(BIN)/live $(ARGS)

.PHONY: e2e-local
e2e-local: ## Heal, rotate and deliver on a whole Kubernetes node on this machine. Linux, root.
	test/e2e/local

.PHONY: controlplane
controlplane: ## Build etcd, kube-apiserver and the rest from source, once; prints the folder for KUBEBUILDER_ASSETS.
	@hack/controlplane/build

##@ Build

.PHONY: build
build: ## Build the programs into ./bin.
	CGO_ENABLED=0 go build -trimpath -o $(BIN)/ ./cmd/...

.PHONY: docker-build
docker-build: ## Build the image IMG. BUILD_ARGS="--build-arg BUILDER_IMAGE=… --build-arg BASE_IMAGE=…" replaces its bases.
	$(CONTAINER_TOOL) build -t $(IMG) $(BUILD_ARGS) .

.PHONY: docker-push
docker-push: ## Push the image IMG.
	$(CONTAINER_TOOL) push $(IMG)

.PHONY: run
run: ## Run the operator from here against the cluster of your kubeconfig. ARGS="…" adds flags.
	POD_NAMESPACE="$${POD_NAMESPACE:-okta-credential-operator-system}" go run ./cmd/manager --leader-elect=false $(ARGS)

##@ Deployment (into the cluster of your kubeconfig)

.PHONY: install
install: $(KUSTOMIZE) ## Install the CustomResourceDefinitions.
	$(KUSTOMIZE) build config/crd | $(KUBECTL) apply --server-side -f -

.PHONY: uninstall
uninstall: $(KUSTOMIZE) ## Remove the CustomResourceDefinitions, and with them every object of their kinds.
	$(KUSTOMIZE) build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: dist/install.yaml ## Install the operator from the image IMG.
	$(KUBECTL) apply --server-side -f dist/install.yaml

.PHONY: undeploy
undeploy: dist/install.yaml ## Remove the operator, the definitions and every object of their kinds.
	$(KUBECTL) delete --ignore-not-found -f dist/install.yaml

.PHONY: build-installer
build-installer: dist/install.yaml ## Write everything that deploy applies to dist/install.yaml.

# An overlay of our own carries the image, so that deploying changes no file that git knows.
.PHONY: dist/install.yaml
dist/install.yaml: $(KUSTOMIZE)
	@rm -rf dist/overlay && mkdir -p dist/overlay
	@cd dist/overlay && $(KUSTOMIZE) create --resources ../../config/default && $(KUSTOMIZE) edit set image controller=$(IMG)
	$(KUSTOMIZE) build dist/overlay > $@

##@ Tools

TOOLS_SUM := hack/tools/go.mod hack/tools/go.sum

.PHONY: tools
tools: $(CONTROLLER_GEN) $(KUSTOMIZE) $(GOLANGCI_LINT) ## Build the tools into ./bin.

$(CONTROLLER_GEN): $(TOOLS_SUM)
	go build -C hack/tools -o $@ sigs.k8s.io/controller-tools/cmd/controller-gen && touch $@

$(KUSTOMIZE): $(TOOLS_SUM)
	go build -C hack/tools -o $@ sigs.k8s.io/kustomize/kustomize/v5 && touch $@

$(GOLANGCI_LINT): $(TOOLS_SUM) hack/tools/golangci-lint/main.go
	@echo "building golangci-lint: about 5 minutes on 2 cores the first time" >&2
	go build -C hack/tools -o $@ ./golangci-lint && touch $@

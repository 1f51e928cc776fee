// Package e2e tells, on any cluster that has the operator and the simulated org of local.d, what a user does and sees. It
// must not reach into the operator, nor import the simulator: it speaks to a cluster as kubectl does.
//
// The tests are built with -tags e2e and find the cluster by KUBECONFIG; `make e2e-local` brings one up for them.
package e2e

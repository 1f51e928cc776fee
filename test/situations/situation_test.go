package situations

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	// goodValue is the client secret that Okta has unless a situation says otherwise, and that the Secret has then.
	goodValue  = "QZ1xkfirst7Wv0rT9bYp2LmNc8sHdGjE4uAoI3zX"
	otherValue = "Hy5otherB2nPq7XkVw9TzMj4RcLsGdEf1UaIo0Y6"
	thirdValue = "Rk3thirdxV8mQx1ZtYw6NbJ0pLcHsDgFe2UaOi5"
	wrongValue = "Wm9wrongT4cKx2QvZb6NyJp8LsHdGf3UeAoI1rY7"
)

// situation is one row of the table.
type situation struct {
	// org and admin choose the org.
	unknowns oktasim.Unknowns
	admin    adminRights
	noAPIAM  bool
	// alone gives each variant an org of its own.
	alone bool
	// at is where it makes sense: atOrgServer, atCustomServer, or both when empty.
	at servers

	// app at Okta; its ids are filled in, unless clientID chooses one.
	app      oktasim.App
	clientID string
	// noApp: there is none with this client id.
	noApp bool
	// atOkta are the application's secrets; goodValue, ACTIVE, when nil.
	atOkta []oktaSecret
	// okta prepares the org further, with faults for instance.
	okta func(*scene)

	// stored is the value in the Secret; goodValue when empty.
	stored string
	// data edits the Secret's other keys.
	data func(*scene, map[string][]byte)
	// spec edits the credential's spec.
	spec func(*scene, *v1alpha1.OktaClientCredentialSpec)

	// first is the reason of Ready that is waited for before what happens then; Accepted when empty.
	first string
	// then happens after that.
	then func(*scene)

	want outcome
	// describe names the capture in docs/describe.
	describe string
}

type oktaSecret struct {
	value  string
	status oktasim.Status
}

// servers is where a situation makes sense.
type servers string

const (
	atOrgServer    servers = "org"
	atCustomServer servers = "custom"
)

// action is what the operator does in a situation.
type action string

const (
	// nothing: there is nothing to do, or nothing was learnt.
	nothing action = "Nothing"
	// explain: a person must act; what is wrong and what to do is in the status.
	explain action = "Explain"
	// wait: the operator goes on by itself, with nothing to repair.
	wait action = "Wait"
	// repairClean: the clean value is written.
	repairClean action = "RepairClean"
	// adopt: an ACTIVE secret of Okta's is taken over.
	adopt action = "Adopt"
	// rollback: the previous value is written back.
	rollback action = "Rollback"
	// generate: a new client secret is made.
	generate action = "Generate"
)

// outcome is what a situation comes to.
type outcome struct {
	verdict v1alpha1.Verdict
	// reason of the condition Ready.
	reason string
	action action
	// says is part of what is told: in the message of Ready, or in verdict.fix.
	says []string
	// asked are the requests to Okta about the client, less calibrations. "" does not look: the operator asks again by itself.
	// Where the next check may be due before the pass that would make it needless, on a busy machine, "or" gives both.
	asked string
	// holds is what the Secret holds in the end, where the action does not say it.
	holds string
}

package oktaclientcredential

import (
	"encoding/base64"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// specialValue has the characters that a form or Basic authentication writes otherwise.
const specialValue = `Special: 100%+more/less&'quotes'="too"=?#~!Special: 100%41`

// isSpecial stores specialValue, an ACTIVE secret beside goodValue.
func isSpecial(w *world) {
	w.secret = w.org.AddSecret(w.app.ID, redact.NewValue(specialValue), oktasim.Active)
	w.store(specialValue)
}

func specialDeactivated() situation {
	return situation{
		name: "special characters, and an INACTIVE secret",
		arrange: func(w *world) {
			isSpecial(w)
			w.mustDo(w.org.DeactivateSecret(w.app.ID, w.secret))
		},
		matter: absent("InactiveSecret", "DecodeBasic"), truth: always(v1alpha1.VerdictSecretRejected), action: "Generate SecretRejected",
		// The form-encoded one is sent first. To an org that does not decode it, it is a wrong secret.
		heals: func(u oktasim.Unknowns) bool {
			first := u.WrongSecret
			if u.DecodeBasic {
				first = u.InactiveSecret
			}

			return tellsInactive(u) && toldBy(first, true)
		},
	}
}

func specialDeleted() situation {
	s := gone("special characters", oktasim.App{}, isSpecial, "DecodeBasic")
	s.happens = func(w *world) {
		w.mustDo(w.org.DeactivateSecret(w.app.ID, w.secret))
		w.mustDo(w.org.DeleteSecret(w.app.ID, w.secret))
	}

	return s
}

// notHonouredYet is an ACTIVE secret that /token does not take yet. Where values are left out, hashes are salted and Okta gives
// the exact text, every source that there is says that the value is wrong: the design lets that start a rotation.
func notHonouredYet() situation {
	s := explained(v1alpha1.VerdictRejectedButActive, "an ACTIVE secret that Okta does not honour yet", oktasim.App{}, func(w *world) {
		w.org.SetPropagation(oktasim.Propagation{Accept: 24 * time.Hour})
		w.replaceByAdmin(true)
		w.store(otherValue)
	}, "InactiveSecret", "UnknownClient400", "Values", "ForeignHash")
	s.heals = func(u oktasim.Unknowns) bool {
		return !tellsInactive(u) && u.InactiveSecret == oktasim.RefuseAsWrongSecret
	}
	s.truth = func(u oktasim.Unknowns) v1alpha1.Verdict {
		if s.heals(u) {
			return v1alpha1.VerdictSecretRejected
		}

		return v1alpha1.VerdictRejectedButActive
	}

	return s
}

// malformedSituations have the application's ACTIVE secret stored with defects: it is cleaned, and never replaced.
func malformedSituations() []situation {
	binary, err := base64.StdEncoding.DecodeString(goodValue)
	if err != nil {
		panic(err)
	}
	twice := base64.StdEncoding.EncodeToString([]byte(goodValue))
	all := make([]situation, 0, 8)
	for _, defect := range []struct{ name, stored string }{
		{"a newline at the end", goodValue + "\n"},
		{"spaces around it", " " + goodValue + " "},
		{"quotes around it", `"` + goodValue + `"`},
		{"quotes and a newline", `"` + goodValue + "\"\r\n"},
		{"a byte order mark", "\uFEFF" + goodValue},
		{"base64 once too often", twice},
		{"base64 once too often and a newline", twice + "\n"},
		{"base64 once too little", string(binary)},
	} {
		all = append(all, situation{
			name: "an ACTIVE secret with " + defect.name, arrange: func(w *world) { w.store(defect.stored) }, matter: absent("DecodeBasic"),
			truth: always(v1alpha1.VerdictSecretMalformed), action: "Repair SecretMalformed",
		})
	}

	return append(all, situation{
		name: "client_id:client_secret in one key", matter: absent("DecodeBasic"), truth: always(v1alpha1.VerdictSecretMalformed), action: "Repair SecretMalformed",
		arrange: func(w *world) { w.store(w.app.ClientID + ":" + goodValue) },
	})
}

// applicationSituations are about the application and where it is.
func applicationSituations() []situation {
	web := oktasim.App{}
	deactivate := func(w *world) {
		w.mustDo(w.org.ChangeApp(w.app.ID, func(a *oktasim.App) { a.Status = oktasim.Inactive }))
	}
	remove := func(w *world) { w.mustDo(w.org.DeleteApp(w.app.ID)) }
	unknownServer := func(w *world) { w.credential.Spec.AuthorizationServer = "ausUnknown" }

	return []situation{
		explained(v1alpha1.VerdictApplicationInactive, "an INACTIVE application", web, deactivate, "InactiveApp", "UnknownClient400"),
		explained(v1alpha1.VerdictApplicationInactive, "an application that worked and is INACTIVE", web, nil, "InactiveApp", "UnknownClient400").before(deactivate),
		explained(v1alpha1.VerdictApplicationInactive, "an INACTIVE application at a custom server", web, func(w *world) { atCustomServer(w); deactivate(w) },
			"InactiveApp", "UnknownClient400"),
		explained(v1alpha1.VerdictApplicationGone, "an application that worked and is deleted", web, nil, "DeletedApp", "UnknownClient400").before(remove),
		explained(v1alpha1.VerdictClientUnknown, "an application that is deleted when it is seen first", web, remove, "DeletedApp", "UnknownClient400"),
		explained(v1alpha1.VerdictClientUnknown, "a client id that Okta does not know", web, func(w *world) {
			w.app.ClientID, w.app.ID = "0oaUnknown", "0oaUnknown"
			w.credential.Spec.ClientID, w.credential.Spec.ApplicationID = "0oaUnknown", "0oaUnknown"
			w.store(goodValue)
		}, "UnknownClient400"),
		explained(v1alpha1.VerdictWrongAuthorizationServer, "an authorization server that is not there", web, unknownServer, "UnknownServer"),
		explained(v1alpha1.VerdictWrongAuthorizationServer, "an authorization server that is not there, and a deleted secret", web,
			func(w *world) { unknownServer(w); isDeleted(w) }, "UnknownServer"),
	}
}

// methodSituations are about how the client authenticates.
func methodSituations() []situation {
	post, secretJWT := oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPost}, oktasim.App{TokenEndpointAuthMethod: oktasim.MethodClientSecretJWT}
	anyMethod := func(u oktasim.Unknowns) bool { return u.AnyMethod }
	mismatch := explained(v1alpha1.VerdictMethodMismatch, "basic for an application that is set to post", post, authenticates(v1alpha1.AuthMethodBasic), refusedAs("AnyMethod")...)
	goneJWT := gone("client_secret_jwt", secretJWT, authenticates(v1alpha1.AuthMethodSecretJWT))
	// An assertion is refused in words of its own, which mean the secret alone.
	goneJWT.matter, goneJWT.heals = []string{"Values", "ForeignHash"}, func(oktasim.Unknowns) bool { return true }
	wrongly := mismatch
	wrongly.name, wrongly.happens = mismatch.name+", and a deleted secret", isDeleted

	return []situation{
		mismatch.withTruth(anyMethod, v1alpha1.VerdictAccepted),
		wrongly,
		accepted("Auto for an application that is set to post", post, nil, "AnyMethod"),
		gone("Auto for an application that is set to post", post, nil, "AnyMethod"),
		gone("post", post, authenticates(v1alpha1.AuthMethodPost)),
		accepted("Auto for an application that is set to client_secret_jwt", secretJWT, nil),
		goneJWT,
		explained(v1alpha1.VerdictPublicClient, "a public client", oktasim.App{TokenEndpointAuthMethod: oktasim.MethodNone}, nil),
		explained(v1alpha1.VerdictPrivateKeyRequired, "an application with private_key_jwt", oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPrivateKeyJWT}, nil),
	}
}

// orderSituations are about what Okta may look at before the secret, or after it.
func orderSituations() []situation {
	proof, pkce := oktasim.App{DPoPBound: true}, oktasim.App{PKCERequired: true}
	zone, noPolicy := oktasim.App{OutsideNetworkZone: true}, oktasim.App{NoPolicy: true}
	service := oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}}
	networkFirst := func(u oktasim.Unknowns) bool { return u.NetworkFirst }
	policyFirst := func(u oktasim.Unknowns) bool { return u.PolicyFirst }

	return []situation{
		accepted("a DPoP-bound application", proof, nil, "DPoPFirst"),
		gone("a DPoP-bound application", proof, nil, "DPoPFirst"),
		accepted("an application that requires PKCE", pkce, nil, "PKCEFirst"),
		gone("an application that requires PKCE", pkce, nil, "PKCEFirst"),
		explained(v1alpha1.VerdictForbidden, "a network zone", zone, nil, "NetworkFirst"),
		gone("a network zone", zone, nil, "NetworkFirst").withTruth(networkFirst, v1alpha1.VerdictForbidden),
		explained(v1alpha1.VerdictForbidden, "a policy of a custom server", noPolicy, atCustomServer, "PolicyFirst"),
		gone("a policy of a custom server", noPolicy, atCustomServer, "PolicyFirst").withTruth(policyFirst, v1alpha1.VerdictForbidden),
		accepted("a service application at a custom server", service, atCustomServer, "GrantFirst"),
		gone("a service application at a custom server", service, atCustomServer, "GrantFirst"),
		accepted("a service application at the org server", service, nil, "GrantFirst"),
		gone("a service application at the org server", service, nil, "GrantFirst"),
	}
}

// adminSituations are about what the admin credential may see.
func adminSituations() []situation {
	hidden := gone("an application outside of the admin role's resource set", oktasim.App{}, withRole(oktasim.Role{Apps: []string{"0oaOther"}}))
	hidden.matter, hidden.action, hidden.heals = refusedAs("HiddenApp"), "Explain PermissionMissing", nil
	hidden = hidden.withTruth(unknownToAll, v1alpha1.VerdictClientUnknown)
	maskedFor := gone("an admin role that may not see values", oktasim.App{}, withRole(oktasim.Role{HideSecrets: true}), "HiddenValues")
	maskedFor.heals = func(u oktasim.Unknowns) bool {
		return toldBy(u.WrongSecret, u.Values == "" && u.HiddenValues == oktasim.ValueClear)
	}
	unscoped := gone("an admin credential with okta.apps.manage alone", oktasim.App{}, withManageAlone, "ManageReads", "RefusePartialScopes")
	unscoped.action = "Explain ScopeMissing"
	unscoped.heals = func(u oktasim.Unknowns) bool { return u.ManageReads && !u.RefusePartialScopes && healsAbsent(u) }

	unscoped = unscoped.withTruth(func(u oktasim.Unknowns) bool {
		return unknownToAll(u) && (!u.ManageReads || u.RefusePartialScopes)
	}, v1alpha1.VerdictClientUnknown)

	return []situation{hidden, maskedFor, unscoped}
}

// unknownToAll: where the admin API tells nothing, the token endpoint's word that there is no such client stands alone, and
// nothing could tell otherwise.
func unknownToAll(u oktasim.Unknowns) bool { return u.WrongSecret == oktasim.RefuseAsUnknownClient }

func withRole(role oktasim.Role) func(*world) {
	return func(w *world) { w.org.AddAPIToken(redact.NewValue(apiToken), role) }
}

func withManageAlone(w *world) {
	const id = "0oaAdmin"
	private, public, err := oktasim.NewServiceKey("key")
	w.mustDo(err)
	w.org.AddServiceApp(id, public, []string{"okta.apps.manage"}, oktasim.Role{})
	w.admin = w.newAdmin(okta.Auth{PrivateKeyJWT: &okta.PrivateKeyJWT{ClientID: id, KeyID: "key", PrivateKey: private}})
}

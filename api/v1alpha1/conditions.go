package v1alpha1

// Types of the conditions of an OktaClientCredential. Reconciling and Stalled are kstatus's: present while they apply.
const (
	// ConditionReady: the Kubernetes Secret holds a client secret that Okta accepts, by an answer that is not stale.
	ConditionReady = "Ready"
	// ConditionSecretValid: what Okta's token endpoint says of the stored client secret.
	ConditionSecretValid = "SecretValid"
	// ConditionSecretSynced: the Kubernetes Secret is there, with the keys it must have.
	ConditionSecretSynced = "SecretSynced"
	// ConditionRotationHealthy: a rotation would work if it were needed, now or after a wait that ends by itself, as far as is known
	// before one is tried.
	ConditionRotationHealthy = "RotationHealthy"
	// ConditionConsumersUpdated: the workloads that use the Kubernetes Secret use its present value. Present with
	// consumers.restart Auto or Listed.
	ConditionConsumersUpdated = "ConsumersUpdated"
	// ConditionReconciling: the operator is at work on its own and no person is needed.
	ConditionReconciling = "Reconciling"
	// ConditionStalled: the operator cannot go on until a person acts; the message says how.
	ConditionStalled = "Stalled"
)

// Types of the conditions of a connection, besides Ready.
const (
	// ConditionReachable: the org answered.
	ConditionReachable = "Reachable"
	// ConditionFollowing: the org's System Log is followed. Present with systemLog.follow.
	ConditionFollowing = "Following"
	// ConditionAuthorized: the admin credential works and has the rights that the operator needs.
	ConditionAuthorized = "Authorized"
)

// Reasons of the conditions and events of an OktaClientCredential. Each has a page in docs/reasons.
const (
	// ReasonAccepted: Okta authenticated the client with the stored secret.
	ReasonAccepted = "Accepted"
	// ReasonNotChecked: no answer from Okta yet.
	ReasonNotChecked = "NotChecked"
	// ReasonCheckStale: the last answer is older than validation.staleAfter.
	ReasonCheckStale = "CheckStale"
	// ReasonRejectionUnconfirmed: Okta rejected the secret once and is asked again before it counts.
	ReasonRejectionUnconfirmed = "RejectionUnconfirmed"
	// ReasonSecretRejected: Okta rejected the secret, confirmed.
	ReasonSecretRejected = "SecretRejected"
	// ReasonRejectedButActive: Okta's token endpoint rejects a secret that its admin API lists as ACTIVE.
	ReasonRejectedButActive = "RejectedButActive"
	// ReasonSecretMalformed: the stored value becomes the application's ACTIVE secret when what does not belong there is removed.
	ReasonSecretMalformed = "SecretMalformed"
	// ReasonSecondOpinionDiffers: the token endpoint rejects the secret and the revocation endpoint does not.
	ReasonSecondOpinionDiffers = "SecondOpinionDiffers"
	// ReasonClientUnknown: the org has no client with this id.
	ReasonClientUnknown = "ClientUnknown"
	// ReasonWrongTenant: the client, or the issuer that its applications use, belongs to another org than the connection's.
	ReasonWrongTenant = "WrongTenant"
	// ReasonWrongAuthorizationServer: the authorization server is not there, or does not serve this client.
	ReasonWrongAuthorizationServer = "WrongAuthorizationServer"
	// ReasonForbidden: a policy or network zone of the org refuses the request.
	ReasonForbidden = "Forbidden"
	// ReasonThrottled: Okta's rate limit is used up.
	ReasonThrottled = "Throttled"
	// ReasonUnreachable: Okta gives no usable answer.
	ReasonUnreachable = "Unreachable"
	// ReasonUnrecognized: Okta's answer is not known to mean anything about the secret.
	ReasonUnrecognized = "Unrecognized"

	// ReasonSecretPresent: the Kubernetes Secret is as it must be.
	ReasonSecretPresent = "SecretPresent"
	// ReasonSecretMissing: the Kubernetes Secret is not there.
	ReasonSecretMissing = "SecretMissing"
	// ReasonKeyMissing: the Kubernetes Secret lacks the key of the client secret.
	ReasonKeyMissing = "KeyMissing"
	// ReasonValueEmpty: the client secret in the Kubernetes Secret is empty.
	ReasonValueEmpty = "ValueEmpty"
	// ReasonClientIDMissing: neither the credential nor the Kubernetes Secret has a client id.
	ReasonClientIDMissing = "ClientIDMissing"
	// ReasonClientIDMismatch: the Kubernetes Secret holds another client id than the one that is kept.
	ReasonClientIDMismatch = "ClientIDMismatch"
	// ReasonSecretImmutable: the Kubernetes Secret is immutable, so it cannot be given a new value.
	ReasonSecretImmutable = "SecretImmutable"
	// ReasonConflict: an older OktaClientCredential keeps the same Kubernetes Secret.
	ReasonConflict = "Conflict"
	// ReasonContested: somebody puts superseded values back into the Kubernetes Secret again and again.
	ReasonContested = "Contested"

	// ReasonConnectionNotFound: the connection that connectionRef names is not there.
	ReasonConnectionNotFound = "ConnectionNotFound"
	// ReasonConnectionDenied: the connection does not allow this namespace, client or mode, or its host.
	ReasonConnectionDenied = "ConnectionDenied"
	// ReasonConnectionUnusable: the connection's admin credential does not work, so no rotation would. RotationHealthy has the
	// connection's own reason in its place.
	ReasonConnectionUnusable = "ConnectionUnusable"
	// ReasonSuspended: the credential or its connection is suspended.
	ReasonSuspended = "Suspended"

	// ReasonApplicationNotFound: the admin credential sees no such application.
	ReasonApplicationNotFound = "ApplicationNotFound"
	// ReasonApplicationInactive: the application is not ACTIVE.
	ReasonApplicationInactive = "ApplicationInactive"
	// ReasonApplicationGone: an application that Okta accepted before is not there any more.
	ReasonApplicationGone = "ApplicationGone"
	// ReasonApplicationMismatch: the application has another client id.
	ReasonApplicationMismatch = "ApplicationMismatch"
	// ReasonMethodMismatch: the application authenticates in another way than spec.tokenEndpointAuthMethod says.
	ReasonMethodMismatch = "MethodMismatch"
	// ReasonPublicClient: the application is a public client, which has no client secret.
	ReasonPublicClient = "PublicClient"
	// ReasonPrivateKeyRequired: the application authenticates with a private key and not with a client secret.
	ReasonPrivateKeyRequired = "PrivateKeyRequired"
	// ReasonOktaUnavailable: Okta's admin API gives no usable answer.
	ReasonOktaUnavailable = "OktaUnavailable"

	// ReasonObserving: a rotation would start if the mode allowed it.
	ReasonObserving = "Observing"
	// ReasonRepairing: a value that Okta already has is about to be written to the Kubernetes Secret.
	ReasonRepairing = "Repairing"
	// ReasonAdoptionImpossible: onInvalidClient is Adopt, and Okta shows no secret that could be taken over.
	ReasonAdoptionImpossible = "AdoptionImpossible"
	// ReasonOwnershipUnproven: nothing proves that the stored value belongs to the client, so it is not overwritten.
	ReasonOwnershipUnproven = "OwnershipUnproven"
	// ReasonSlotsFull: the application has two client secrets already and none that may be removed.
	ReasonSlotsFull = "SlotsFull"
	// ReasonLimitReached: limits.perDay rotations have started in the last 24 hours.
	ReasonLimitReached = "LimitReached"
	// ReasonBackoff: the last rotation failed; the next one waits.
	ReasonBackoff = "Backoff"
	// ReasonHalted: limits.attempts rotations failed in a row, or a revoke command was not, or not provably, carried out.
	ReasonHalted = "Halted"
	// ReasonOutsideWindow: a rotation by age waits for a rotation window, or none will open.
	ReasonOutsideWindow = "OutsideWindow"
	// ReasonPaced: a rotation waits, because others of the same connection are at work.
	ReasonPaced = "Paced"
	// ReasonMassFailure: many credentials of the connection were rejected at once, so rotations wait for a person.
	ReasonMassFailure = "MassFailure"
	// ReasonOtherWriter: another tool writes the Kubernetes Secret, so the operator does not until a person agrees.
	ReasonOtherWriter = "OtherWriter"
	// ReasonUndone: a rotation was undone because what uses the secret failed with the new one; a person must look.
	ReasonUndone = "Undone"
	// ReasonCannotFollow: another credential leads for the same client, and this one cannot take over what that one holds.
	ReasonCannotFollow = "CannotFollow"
	// ReasonRotating: a rotation is at work.
	ReasonRotating = "Rotating"
	// ReasonNewSecretRefused: Okta's token endpoint does not accept the new secret yet.
	ReasonNewSecretRefused = "NewSecretRefused"
	// ReasonIdle: no rotation is needed.
	ReasonIdle = "Idle"
	// ReasonRetirementWaits: a superseded secret is not retired yet.
	ReasonRetirementWaits = "RetirementWaits"
	// ReasonConsumersCurrent: no change of the Kubernetes Secret's value waits to be delivered to a workload.
	ReasonConsumersCurrent = "ConsumersCurrent"
	// ReasonConsumersPending: workloads are about to get the present value, or to start with it.
	ReasonConsumersPending = "ConsumersPending"
	// ReasonConsumersBlocked: a workload does not get the present value, or work with it, until a person acts.
	ReasonConsumersBlocked = "ConsumersBlocked"

	// ReasonJournalUnreadable: the rotation journal cannot be read.
	ReasonJournalUnreadable = "JournalUnreadable"
	// ReasonJournalForeign: the rotation journal belongs to another object, org or application.
	ReasonJournalForeign = "JournalForeign"
	// ReasonWriteRefused: the API server refuses a write that is needed.
	ReasonWriteRefused = "WriteRefused"
	// ReasonDeleting: the credential is being deleted and its deletionPolicy is Retire.
	ReasonDeleting = "Deleting"
)

// Reasons of events that tell of a step and not of a state.
const (
	// ReasonRotationStarted: a new value was made and written to the journal, with its cause.
	ReasonRotationStarted = "RotationStarted"
	// ReasonSecretCreated: the new secret is at Okta.
	ReasonSecretCreated = "SecretCreated"
	// ReasonSecretVerified: Okta accepts the new secret.
	ReasonSecretVerified = "SecretVerified"
	// ReasonSecretPromoted: the new secret is in the Kubernetes Secret.
	ReasonSecretPromoted = "SecretPromoted"
	// ReasonSecretRepaired: the Kubernetes Secret got the clean value of an ACTIVE secret in place of a malformed one.
	ReasonSecretRepaired = "SecretRepaired"
	// ReasonSecretAdopted: the Kubernetes Secret got an ACTIVE secret that Okta already had.
	ReasonSecretAdopted = "SecretAdopted"
	// ReasonSecretRolledBack: the Kubernetes Secret got the previous client secret back, by command or because workloads failed.
	ReasonSecretRolledBack = "SecretRolledBack"
	// ReasonWorkloadRestarted: a workload was restarted to get the present value.
	ReasonWorkloadRestarted = "WorkloadRestarted"
	// ReasonRotationUndone: the superseded secret was brought back, since what uses it failed with the new one.
	ReasonRotationUndone = "RotationUndone"
	// ReasonRotationWithdrawn: the new secret is not used and will be removed at Okta.
	ReasonRotationWithdrawn = "RotationWithdrawn"
	// ReasonSecretActivated: an INACTIVE client secret was activated again at Okta.
	ReasonSecretActivated = "SecretActivated"
	// ReasonSecretDeactivated: a client secret was deactivated at Okta.
	ReasonSecretDeactivated = "SecretDeactivated"
	// ReasonSecretDeleted: a client secret was deleted at Okta.
	ReasonSecretDeleted = "SecretDeleted"
	// ReasonSecretRestored: the Kubernetes Secret got its value back from the journal.
	ReasonSecretRestored = "SecretRestored"
	// ReasonCommandAcknowledged: a command annotation was seen and needs no more handling.
	ReasonCommandAcknowledged = "CommandAcknowledged"
	// ReasonSecretsLeftBehind: the credential went and these secrets stay at Okta.
	ReasonSecretsLeftBehind = "SecretsLeftBehind"
)

// Reasons of the conditions of a connection.
const (
	// ReasonConnected: the org answers and the admin credential has the rights that the operator needs.
	ReasonConnected = "Connected"
	// ReasonAdminSecretMissing: the Secret or the key with the admin credential is not there.
	ReasonAdminSecretMissing = "AdminSecretMissing"
	// ReasonAdminCredentialRejected: Okta refuses the admin credential.
	ReasonAdminCredentialRejected = "AdminCredentialRejected"
	// ReasonScopeMissing: Okta did not grant a scope that the operator needs.
	ReasonScopeMissing = "ScopeMissing"
	// ReasonPermissionMissing: the admin role lacks a permission.
	ReasonPermissionMissing = "PermissionMissing"
	// ReasonBrakeReleased: a person released the mass-failure brake.
	ReasonBrakeReleased = "BrakeReleased"
	// ReasonFollowing: the System Log is followed.
	ReasonFollowing = "Following"
	// ReasonOrganizationChanged: another org than before answers at orgURL.
	ReasonOrganizationChanged = "OrganizationChanged"
	// ReasonHostDenied: the host of orgURL may not be used from this kind of connection.
	ReasonHostDenied = "HostDenied"
	// ReasonInvalidConfiguration: the private key, the CA bundle or the proxy cannot be used.
	ReasonInvalidConfiguration = "InvalidConfiguration"
)

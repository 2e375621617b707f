/// What the controller manager is told. Defaults are kube-controller-manager's, but for the clusters that are ours.
package struct ControllerSettings: Sendable {
    /// The pods' network; every node gets a /24 of it. "": nodes get none from us.
    package var clusterCIDR = "10.244.0.0/16"
    /// The authority that signs certificate requests, as PEM; "": none are signed.
    package var authorityCertificatePEM = ""
    package var authorityKeyPEM = ""
    /// Longest life of a signed certificate, in seconds.
    package var certificateSeconds = 365 * 86_400
    /// Silence after which a node counts as NotReady, in seconds.
    package var nodeGraceSeconds = 40.0
    /// The same for a node that has never told of itself.
    package var nodeStartupGraceSeconds = 60.0
    /// Finished pods that are kept in the whole cluster before the oldest are deleted.
    package var finishedPods = 12_500
    /// Resources that the API serves beside the built-in ones are found by their definitions; false: only built-in ones
    /// are collected.
    package var followsCustomResources = true

    package init() {}
}

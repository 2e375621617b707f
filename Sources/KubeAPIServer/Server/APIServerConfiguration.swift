/// What the server is told at its start. Names and defaults are kube-apiserver's.
package struct APIServerConfiguration: Sendable {
    package var dataFolder = ""
    package var bindAddress = "0.0.0.0"
    /// 0: a free one.
    package var port = 6_443
    /// Empty: the bind address, or the machine's own when that is any address.
    package var advertiseAddress = ""
    package var serviceRange = "10.96.0.0/12"
    package var nodePortRange = "30000-32767"
    package var clientAuthorityFile = ""
    package var certificateFile = ""
    package var keyFile = ""
    /// Seconds that certificates of its own live, and that one must have left to be used on.
    package var certificateSeconds = CertificateLifetime.leaf
    package var renewedWithinSeconds = CertificateLifetime.renewedWithin
    package var serviceAccountKeyFiles: [String] = []
    package var serviceAccountSigningKeyFile = ""
    /// The first signs, all are believed; empty: the standard one.
    package var serviceAccountIssuers: [String] = []
    /// Empty: the issuers.
    package var audiences: [String] = []
    package var tokenFile = ""
    package var takesBootstrapTokens = true
    /// False: anonymous requests for health and version only.
    package var isAnonymousEverywhere = false
    package var authorizationMode = "Node,RBAC"
    package var admissionOn: [String] = []
    package var admissionOff: [String] = []
    /// `apps/v1=true`, `api/all`, `api/beta=false`.
    package var runtimeConfig: [String] = []
    /// How long an event is kept after its last change.
    package var eventSeconds = 3_600
    /// Requests that are answered at once, by whether they change something; 0: no limit.
    package var maximumReading = 400
    package var maximumMutating = 200
    /// `--requestheader-…`: whom front proxies may speak for.
    package var frontProxy = FrontProxyFlags()
    /// Where `proxy` requests may lead.
    package var proxyDestinations = ProxyDestinations()
    /// Of Hakobune, for the User-Agent of what the server writes itself.
    package var productVersion = ""

    package init() {}

    var issuers: [String] {
        serviceAccountIssuers.isEmpty ? ["https://kubernetes.default.svc.cluster.local"] : serviceAccountIssuers
    }

    /// The version that clients see at `/version`.
    static let kubernetesVersion = (major: 1, minor: 36, patch: 0)
}

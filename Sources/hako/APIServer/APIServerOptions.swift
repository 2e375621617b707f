import CommandLine
import Fault
import KubeAPIServer

/// What `hako apiserver` can be told: kube-apiserver's own flags where they mean the same, and three of ours
/// (`--data-dir`, `--write-kubeconfig`, `--log-level`).
struct APIServerOptions: Sendable {
    var configuration = APIServerConfiguration()
    var kubeconfig = ""
    var logLevel = "warn"
    var wantsVersion = false

    static let flags: [Flag<APIServerOptions>] = [
        text("data-dir", \.configuration.dataFolder, "Folder of the cluster's state, keys and certificates"),
        text("bind-address", \.configuration.bindAddress, "Address to listen on"),
        .int("secure-port", \.configuration.port, default: 6_443, "Port to listen on; 0: a free one"),
        text("advertise-address", \.configuration.advertiseAddress, "Address under which others reach this server"),
        text("write-kubeconfig", \.kubeconfig, "File for an administrator's kubeconfig"),
        text("service-cluster-ip-range", \.configuration.serviceRange, "Addresses for services, in CIDR notation"),
        text("service-node-port-range", \.configuration.nodePortRange, "Ports for services of type NodePort"),
        text(
            "client-ca-file", \.configuration.clientAuthorityFile,
            "Authority of client certificates, instead of our own"),
        text(
            "requestheader-client-ca-file", \.configuration.frontProxy.authorityFile,
            "Authority of front proxies' certificates, instead of our own"),
        .commaList(
            "requestheader-allowed-names", \.configuration.frontProxy.allowedNames, "Common names of front proxies"),
        .commaList(
            "requestheader-username-headers", \.configuration.frontProxy.usernameHeaders,
            "Headers in which a front proxy names its user"),
        .commaList("requestheader-uid-headers", \.configuration.frontProxy.uidHeaders, "The same of the user's uid"),
        .commaList(
            "requestheader-group-headers", \.configuration.frontProxy.groupHeaders, "The same of the user's groups"),
        .commaList(
            "requestheader-extra-headers-prefix", \.configuration.frontProxy.extraPrefixes,
            "What the names of headers begin with that tell more of a user"),
        text("tls-cert-file", \.configuration.certificateFile, "Serving certificate, instead of our own"),
        text("tls-private-key-file", \.configuration.keyFile, "Its private key"),
        .list(
            "service-account-key-file", \.configuration.serviceAccountKeyFiles, value: "string",
            "Public or private key that verifies service accounts' tokens; may be repeated"),
        text(
            "service-account-signing-key-file", \.configuration.serviceAccountSigningKeyFile,
            "Private key that signs service accounts' tokens, instead of our own"),
        .list(
            "service-account-issuer", \.configuration.serviceAccountIssuers, value: "string",
            "Issuer of service accounts' tokens; may be repeated: the first signs, all are believed"),
        .list("api-audiences", \.configuration.audiences, value: "string", "Audiences of tokens; without: the issuer"),
        text("token-auth-file", \.configuration.tokenFile, "CSV file of static tokens"),
        .toggle(
            "enable-bootstrap-token-auth", \.configuration.takesBootstrapTokens,
            "Take the tokens in Secrets of type bootstrap.kubernetes.io/token (default true)"),
        .toggle(
            "anonymous-auth", \.configuration.isAnonymousEverywhere,
            "Let anybody ask for anything that RBAC grants to system:unauthenticated (default: health and version only)"
        ),
        text(
            "authorization-mode", \.configuration.authorizationMode, "Of Node, RBAC, AlwaysAllow, AlwaysDeny, in order"),
        .list(
            "enable-admission-plugins", \.configuration.admissionOn, value: "string",
            "Admission plugins besides the standard ones"),
        .list(
            "disable-admission-plugins", \.configuration.admissionOff, value: "string",
            "Standard admission plugins that stay off"),
        Flag(
            "event-ttl", value: "duration", help: "How long an event is kept after its last change",
            shownDefault: "1h0m0s"
        ) {
            guard let span = GoDuration.parse($1) else { throw FlagValueError(GoDuration.complaint(about: $1)) }
            $0.configuration.eventSeconds = Int(span / 1_000_000_000)
        },
        .int(
            "max-requests-inflight", \.configuration.maximumReading, default: 400,
            "Requests that are answered at once and change nothing; 0: no limit"),
        .int(
            "max-mutating-requests-inflight", \.configuration.maximumMutating, default: 200,
            "The same of requests that change something"),
        .list(
            "runtime-config", \.configuration.runtimeConfig, value: "string",
            "Group-versions to serve or not: apps/v1=true, api/all, api/beta=false"),
        text("log-level", \.logLevel, "debug, info, warn, error or fatal"),
        .toggle("version", \.wantsVersion, "Print the version and end"),
    ]

    private static func text(
        _ name: String, _ path: any WritableKeyPath<APIServerOptions, String> & Sendable, _ help: String
    ) -> Flag<APIServerOptions> {
        let standard = APIServerOptions()[keyPath: path]
        return Flag(name, value: "string", help: help, shownDefault: standard.isEmpty ? nil : standard) {
            $0[keyPath: path] = $1
        }
    }
}

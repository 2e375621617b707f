import Fault
import KubeModel

/// The parts that flags decide upon.
extension APIServerConfiguration {
    /// Under which address clients on this machine reach the server.
    var reachableAddress: String {
        if !advertiseAddress.isEmpty { return advertiseAddress }
        return ["0.0.0.0", "::", ""].contains(bindAddress) ? "127.0.0.1" : bindAddress
    }

    var pki: ClusterPKI.Settings {
        get throws(Fault) {
            var settings = ClusterPKI.Settings(folder: dataFolder)
            settings.serverNames = Array(Set([reachableAddress, advertiseAddress, bindAddress, "127.0.0.1", "localhost"]))
                .filter { !["", "0.0.0.0", "::"].contains($0) }.sorted()
            settings.serviceAddress = try services.first
            if !clientAuthorityFile.isEmpty { settings.clientAuthorityFile = clientAuthorityFile }
            if certificateFile.isEmpty != keyFile.isEmpty {
                throw Fault(.invalid, "--tls-cert-file and --tls-private-key-file go together")
            }
            if !certificateFile.isEmpty {
                settings.servingCertificateFile = certificateFile
                settings.servingKeyFile = keyFile
            }
            return settings
        }
    }

    var services: ServiceRange {
        get throws(Fault) {
            guard let range = ServiceRange(serviceRange) else {
                throw Fault(
                    .invalid, "--service-cluster-ip-range \(serviceRange) is no IPv4 range of 12 to 30 bits, as 10.96.0.0/12")
            }
            return range
        }
    }

    func addresses() throws(Fault) -> ServiceAddresses {
        let ends = nodePortRange.split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2, ends[0] >= 1, ends[0] <= ends[1], ends[1] <= 65_535 else {
            throw Fault(.invalid, "--service-node-port-range \(nodePortRange) is no range of ports, as 30000-32767")
        }
        return ServiceAddresses(range: try services, nodePorts: ends[0]...ends[1])
    }

    func authorizer(_ cache: ObjectCache) throws(Fault) -> (any Authorizer, RBACAuthorizer?) {
        var roles: RBACAuthorizer?
        var chain: [any Authorizer] = [PrivilegedGroup()]
        for mode in authorizationMode.split(separator: ",") {
            switch mode {
            case "RBAC":
                let rbac = RBACAuthorizer(cache)
                cache.observe(
                    group: "rbac.authorization.k8s.io",
                    ["roles", "rolebindings", "clusterroles", "clusterrolebindings"]) { rbac.invalidate() }
                chain.append(rbac)
                roles = rbac
            case "Node":
                let node = NodeAuthorizer(cache)
                cache.observe(group: "", ["pods", "persistentvolumes"]) { node.invalidate() }
                cache.observe(group: "storage.k8s.io", ["volumeattachments"]) { node.invalidate() }
                cache.observe(group: "resource.k8s.io", ["resourceslices"]) { node.invalidate() }
                chain.append(node)
            case "AlwaysAllow": chain.append(AlwaysAllow())
            case "AlwaysDeny": chain.append(AlwaysDeny())
            default:
                throw Fault(
                    .invalid, "--authorization-mode \(mode) is not one of Node, RBAC, AlwaysAllow, AlwaysDeny")
            }
        }
        return (AuthorizerChain(chain), roles)
    }

    /// What issues service accounts' tokens, what knows them, and what tells others how to check them.
    func tokens(_ reader: any ObjectReader) throws(Fault) -> (
        requests: TokenRequests, accounts: ServiceAccountTokens, discovery: IssuerDiscovery?
    ) {
        let keys = try ServiceAccountKeys.prepare(
            folder: dataFolder, keyFiles: serviceAccountKeyFiles,
            signingKeyFile: serviceAccountSigningKeyFile.isEmpty ? nil : serviceAccountSigningKeyFile)
        let audiences = audiences.isEmpty ? [issuer] : audiences
        return (
            TokenRequests(signer: keys.signer, issuer: issuer, audiences: audiences, reader: reader),
            ServiceAccountTokens(
                keys: keys.believed, issuers: [issuer], implicitAudiences: audiences, reader: reader),
            IssuerDiscovery(
                issuer: issuer, keysURL: nil, externalAddress: "\(reachableAddress):\(port)", keys: keys.believed)
        )
    }

    func authentication(
        _ pki: ClusterPKI, _ reader: any ObjectReader,
        _ own: (requests: TokenRequests, accounts: ServiceAccountTokens, discovery: IssuerDiscovery?)
    ) throws(Fault) -> Authentication {
        var tokens: [any TokenAuthenticator] = []
        if !tokenFile.isEmpty { tokens.append(try StaticTokenFile(path: tokenFile)) }
        if takesBootstrapTokens { tokens.append(BootstrapTokens(reader: reader)) }
        tokens.append(own.accounts)
        return Authentication(
            certificates: ClientCertificateAuthenticator(authorities: pki.clientAuthorities), tokens: TokenChain(tokens),
            anonymous: isAnonymousEverywhere ? .everywhere : .healthAndVersion,
            audiences: audiences.isEmpty ? [issuer] : audiences)
    }
}

/// `--authorization-mode AlwaysAllow`, for tests.
struct AlwaysAllow: Authorizer {
    func authorize(_ request: RequestAttributes) async -> AccessDecision { .allow("AlwaysAllow") }
}

struct AlwaysDeny: Authorizer {
    func authorize(_ request: RequestAttributes) async -> AccessDecision { .deny("Everything is forbidden.") }
}

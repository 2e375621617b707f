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
            settings.serverNames = Array(
                Set([reachableAddress, advertiseAddress, bindAddress, "127.0.0.1", "localhost"])
            )
            .filter { !["", "0.0.0.0", "::"].contains($0) }.sorted()
            settings.serviceAddress = try services.first
            settings.lifetime = certificateSeconds
            settings.renewedWithin = renewedWithinSeconds
            if !clientAuthorityFile.isEmpty { settings.clientAuthorityFile = clientAuthorityFile }
            if !frontProxy.authorityFile.isEmpty { settings.frontProxyAuthorityFile = frontProxy.authorityFile }
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
                    .invalid,
                    "--service-cluster-ip-range \(serviceRange) is no IPv4 range of 12 to 30 bits, as 10.96.0.0/12")
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

    func accessFlags(port: Int) throws(Fault) -> AccessFlags {
        var flags = AccessFlags(folder: dataFolder, externalAddress: "\(reachableAddress):\(port)")
        flags.certificates = try pki
        flags.serviceAccountKeyFiles = serviceAccountKeyFiles
        flags.serviceAccountSigningKeyFile = serviceAccountSigningKeyFile.isEmpty ? nil : serviceAccountSigningKeyFile
        flags.issuers = issuers
        flags.audiences = audiences
        flags.tokenFile = tokenFile.isEmpty ? nil : tokenFile
        flags.allowsBootstrapTokens = takesBootstrapTokens
        flags.frontProxy = frontProxy
        flags.anonymous = isAnonymousEverywhere ? .everywhere : .healthAndVersion
        flags.authorizationModes = authorizationMode.split(separator: ",").map(String.init)
        return flags
    }

    /// The standard admission plugins, less those that are switched off. What `--enable-admission-plugins` names must be
    /// one of them: there are no others yet.
    func admission(_ standard: AdmissionChain) throws(Fault) -> AdmissionChain {
        let known = standard.names
        for (flag, names) in [("enable", admissionOn), ("disable", admissionOff)] {
            for name in names.flatMap({ $0.split(separator: ",") }) where !known.contains(String(name)) {
                throw Fault(
                    .invalid,
                    "--\(flag)-admission-plugins \(name) is unknown; there are \(known.joined(separator: ", "))")
            }
        }
        let off = Set(admissionOff.flatMap { $0.split(separator: ",").map(String.init) })
        return standard.without(off)
    }
}

import Fault
import Glibc
import NIOSSL

/// Certificates for one registry, as dockerd takes them: `certs.d/HOST[:PORT]/*.crt` are authorities besides the
/// system's, `NAME.cert` with `NAME.key` is a client certificate. The first root with a client certificate gives it.
func tlsConfiguration(for endpoint: RegistryEndpoint, roots: [String]) throws -> TLSConfiguration? {
    guard endpoint.base.scheme == "https" else { return nil }
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.minimumTLSVersion = .tlsv12
    if !endpoint.verifiesCertificate { settings.certificateVerification = .none }
    var authorities: [NIOSSLCertificate] = []
    for root in roots {
        authorities += try add(folder: "\(root)/\(endpoint.certificateName)", to: &settings)
    }
    if !authorities.isEmpty { settings.additionalTrustRoots = [.certificates(authorities)] }
    return settings
}

/// Takes a client certificate into the settings unless they have one; gives the folder's authorities.
private func add(folder: String, to settings: inout TLSConfiguration) throws -> [NIOSSLCertificate] {
    let names = list(folder)
    var authorities: [NIOSSLCertificate] = []
    for name in names {
        let path = "\(folder)/\(name)"
        do {
            if name.hasSuffix(".crt") {
                authorities += try NIOSSLCertificate.fromPEMFile(path)
            } else if name.hasSuffix(".cert") {
                let key = String(name.dropLast(".cert".count)) + ".key"
                guard names.contains(key) else {
                    throw Fault(
                        .invalid,
                        "missing key \(key) for client certificate \(name). CA certificates must use the extension .crt"
                    )
                }
                guard settings.certificateChain.isEmpty else { continue }
                settings.certificateChain = try NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) }
                settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: "\(folder)/\(key)", format: .pem))
            } else if name.hasSuffix(".key") {
                let certificate = String(name.dropLast(".key".count)) + ".cert"
                guard names.contains(certificate) else {
                    throw Fault(.invalid, "missing client certificate \(certificate) for key \(name)")
                }
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.invalid, "can't read \(path): \(error)", cause: error)
        }
    }
    return authorities
}

/// Names in a folder, sorted; empty when it isn't there.
private func list(_ folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        names.append(name)
    }
    return names.sorted()
}

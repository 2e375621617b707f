import Fault
import NIOSSL

/// TLS settings from PEM files, with dockerd's meaning of `--tlsverify`, `--tlscacert`, `--tlscert`, `--tlskey`.
enum TLSContext {
    static func server(_ files: TLSFiles) throws(Fault) -> NIOSSLContext {
        guard let certificate = files.certificate, let key = files.key else {
            throw Fault(.invalid, "TLS needs both a certificate and a key (--tlscert, --tlskey)")
        }
        do {
            var settings = try TLSConfiguration.server(certificate: certificate, key: key)
            if files.verify {
                guard let authority = files.authority else {
                    throw Fault(.invalid, "--tlsverify needs the clients' authority (--tlscacert)")
                }
                settings.certificateVerification = .noHostnameVerification
                settings.trustRoots = .file(authority)
            }
            return try NIOSSLContext(configuration: settings)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.invalid, "could not load TLS files \(certificate), \(key): \(error)", cause: error)
        }
    }

    static func client(_ files: TLSFiles) throws(Fault) -> NIOSSLContext {
        do {
            var settings = TLSConfiguration.makeClientConfiguration()
            settings.minimumTLSVersion = .tlsv12
            settings.applicationProtocols = ["http/1.1"]
            settings.certificateVerification = files.verify ? .fullVerification : .none
            if let authority = files.authority, files.verify { settings.trustRoots = .file(authority) }
            if let certificate = files.certificate, let key = files.key {
                settings.certificateChain = try TLSConfiguration.chain(certificate)
                settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw Fault(.invalid, "could not load TLS files: \(error)", cause: error)
        }
    }

    static func client(_ pem: TLSMaterial) throws(Fault) -> NIOSSLContext {
        do {
            var settings = TLSConfiguration.makeClientConfiguration()
            settings.minimumTLSVersion = .tlsv12
            settings.applicationProtocols = ["http/1.1"]
            settings.certificateVerification = pem.verify ? .fullVerification : .none
            if let authority = pem.authority, pem.verify {
                settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
            }
            if let certificate = pem.certificate, let key = pem.key {
                settings.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
                settings.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
            }
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw Fault(.invalid, "could not use the TLS certificates and keys: \(error)", cause: error)
        }
    }
}

extension TLSConfiguration {
    /// Of a server that asks clients for nothing yet; throws BoringSSL's errors.
    /// - Parameters:
    ///   - certificate: a PEM file: the server's own, then those between it and its authority.
    ///   - key: a PEM file.
    ///   - protocols: what clients may choose from (ALPN), the best first.
    package static func server(
        certificate: String, key: String, protocols: [String] = ["http/1.1"]
    ) throws -> TLSConfiguration {
        var settings = makeServerConfiguration(
            certificateChain: try chain(certificate),
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = protocols
        settings.shutdownTimeout = HTTPLimit.farewellTime
        return settings
    }

    fileprivate static func chain(_ path: String) throws -> [NIOSSLCertificateSource] {
        try NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) }
    }
}

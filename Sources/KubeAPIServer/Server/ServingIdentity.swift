import Fault
import Logging
import NIOConcurrencyHelpers
import NIOSSL
import Wire

/// The certificates by which the server is known, and the TLS settings of its socket. Made anew before they end, while
/// the server runs: connections that are there stay as they are, new ones get the new ones.
final class ServingIdentity: Sendable {
    private struct State {
        var pki: ClusterPKI
        var context: NIOSSLContext
        var observers: [@Sendable () -> Void] = []
    }

    /// Seconds: between two looks at the files at the most and at the least, and when the last one didn't help.
    private static let longest = 86_400.0, shortest = 0.5, pause = 60.0

    private let state: NIOLockedValueBox<State>
    private let settings: ClusterPKI.Settings
    private let log: Logger

    init(_ pki: ClusterPKI, _ settings: ClusterPKI.Settings, log: Logger) throws {
        state = NIOLockedValueBox(State(pki: pki, context: try Self.context(pki)))
        self.settings = settings
        self.log = log
    }

    var pki: ClusterPKI { state.withLockedValue { $0.pki } }
    var context: NIOSSLContext { state.withLockedValue { $0.context } }

    func observe(_ work: @escaping @Sendable () -> Void) { state.withLockedValue { $0.observers.append(work) } }

    /// Until its task is cancelled.
    func keepFresh() async {
        var wait = left
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(min(max(wait, Self.shortest), Self.longest))) } catch { return }
            do { try renew() } catch { log.error("certificates can't be made anew yet: \(sentence(error))") }
            // Where it didn't help, as without the authority's key, it won't soon.
            wait = left > 0 ? left : Self.pause
        }
    }

    private var left: Double { pki.renewal - CertificateTime.now }

    private func renew() throws {
        let old = pki
        let new = try ClusterPKI.prepare(settings)
        let context = try Self.context(new)
        let observers = state.withLockedValue { state in
            (state.pki, state.context) = (new, context)
            return state.observers
        }
        if new.renewal != old.renewal { for observer in observers { observer() } }
    }

    private static func context(_ pki: ClusterPKI) throws -> NIOSSLContext {
        var settings = try TLSConfiguration.server(
            certificate: pki.servingCertificatePath, key: pki.servingKeyPath, protocols: ["h2", "http/1.1"])
        // Certificates are asked for and not judged here: authentication does, so that a stranger gets 401 and not a
        // broken handshake.
        settings.certificateVerification = .optionalVerification
        settings.trustRoots = .file(pki.clientAuthorityPath)
        return try NIOSSLContext(configuration: settings)
    }
}

import JSON
import KubeClient
import KubeModel
import Logging

/// Deletes bootstrap tokens when their time is over.
final class TokenCleaner: Controller {
    private let secrets: Informer
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let api = context.api("token-cleaner")
        let now = context.now
        let secrets = Informer(
            api, .secrets, namespace: "kube-system",
            selection: ObjectSelection(fields: "type=bootstrap.kubernetes.io/token"), log: context.log)
        self.secrets = secrets
        loop = ReconcileLoop("token-cleaner", workers: 1, log: context.log) { key in
            guard let secret = secrets.object(key), let end = Self.expiry(secret) else { return .settled }
            let left = end - now()
            if left > 0 { return .again(after: .seconds(left)) }
            do throws(APIStatus) { try await api.delete(.secrets, secret) } catch {
                if !error.isNotFound, !error.isConflict { throw error }
            }
            return .settled
        }
        secrets.observe { [loop] in loop.enqueue($0.key) }
    }

    /// Seconds since 1970; nil when the token never ends. One that can't be read has ended.
    static func expiry(_ secret: JSON) -> Double? {
        guard let encoded = secret["data"]["expiration"].string else { return nil }
        guard let bytes = decodeBase64(encoded) else { return 0 }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.isEmpty { return nil }
        return (try? Timestamp(parsing: text))?.time ?? 0
    }

    func run() async { await runTogether([{ await self.secrets.run() }, { await self.loop.run() }]) }
}

import JSON
import KubeClient
import NIOConcurrencyHelpers

/// Objects whose deletion was asked for and isn't seen in the cache yet: they count as going already, or another one
/// would be deleted in their place.
final class PendingDeletions: Sendable {
    private let uids = NIOLockedValueBox<Set<String>>([])

    /// Forgets what is seen to go. To be called before the informer runs.
    func follow(_ informer: Informer) {
        informer.observe { [uids] change in
            guard change.object.isBeingDeleted || change.new == nil else { return }
            uids.withLockedValue { _ = $0.remove(change.object.uid) }
        }
    }

    func insert(_ object: JSON) { uids.withLockedValue { _ = $0.insert(object.uid) } }

    /// The deletion failed.
    func remove(_ object: JSON) { uids.withLockedValue { _ = $0.remove(object.uid) } }

    func contains(_ object: JSON) -> Bool { uids.withLockedValue { $0.contains(object.uid) } }
}

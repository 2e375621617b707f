import Fault
import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// The API of the cluster that a node has joined, by the credential that is newest.
final class JoinedAPI: ForwardingAPI {
    private let current: NIOLockedValueBox<RemoteAPI>

    init(_ api: RemoteAPI) { current = NIOLockedValueBox(api) }

    func use(_ api: RemoteAPI) { current.withLockedValue { $0 = api } }

    var whole: any ObjectAPI { current.withLockedValue { $0 } }
}

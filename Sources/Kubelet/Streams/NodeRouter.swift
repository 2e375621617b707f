import JSON
import KubeAPIServer
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import Wire

/// Finds who serves a pod's streams by the node that it is on: this process's kubelet, or another's by the network.
/// The API server gets it before there is any node; nodes are named later.
package final class NodeRouter: NodeInterface {
    private struct State {
        var here: [String: any NodeInterface] = [:]
        var others: (any NodeInterface)?
    }
    private let state = NIOLockedValueBox(State())

    package init() {}

    /// Pods of that node are this one's from now on.
    package func serve(_ nodeName: String, by node: any NodeInterface) {
        state.withLockedValue { $0.here[nodeName] = node }
    }

    /// Pods of all other nodes.
    package func serveOthers(by node: any NodeInterface) { state.withLockedValue { $0.others = node } }

    private func node(of pod: JSON) -> any NodeInterface {
        state.withLockedValue { $0.here[pod["spec"].text("nodeName")] ?? $0.others } ?? NoNodes()
    }

    package func log(of pod: JSON, _ options: PodLogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<ByteBuffer, any Error>
    { try await node(of: pod).log(of: pod, options) }

    package func exec(in pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    { try await node(of: pod).exec(in: pod, options, streams) }

    package func attach(to pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams)
        async throws(APIStatus) -> CommandEnd
    { try await node(of: pod).attach(to: pod, options, streams) }

    package func forward(to pod: JSON, port: Int, _ connection: any RawConnection) async throws(APIStatus) {
        try await node(of: pod).forward(to: pod, port: port, connection)
    }
}

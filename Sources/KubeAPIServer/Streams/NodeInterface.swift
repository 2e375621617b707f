import JSON
import KubeModel
import NIOCore
import Wire

/// What the API server asks of the node that runs a pod, with the client's protocol already taken off.
package protocol NodeInterface: Sendable {
    /// A container's log, in pieces as they come; ends when there is no more, or never while it is followed.
    func log(of pod: JSON, _ options: PodLogOptions) async throws(APIStatus) -> AsyncThrowingStream<
        ByteBuffer, any Error
    >
    /// Runs a command in a container until it ends.
    func exec(in pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    /// Joins the container's main process.
    func attach(to pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    /// Carries bytes between the client and a port inside the pod until either side ends.
    func forward(to pod: JSON, port: Int, _ connection: any RawConnection) async throws(APIStatus)
}

/// How a command came to its end.
package enum CommandEnd: Sendable, Equatable {
    case exited(Int)
    /// It couldn't be run, or its connection broke: a sentence.
    case failed(String)

    /// What the client gets on its error channel (`metav1.Status`).
    package var status: JSON {
        switch self {
        case .exited(0): return ["metadata": [:], "status": "Success"]
        case .exited(let code):
            return [
                "metadata": [:], "status": "Failure",
                "message": .string("command terminated with non-zero exit code: exit status \(code)"),
                "reason": "NonZeroExitCode",
                "details": ["causes": [["reason": "ExitCode", "message": .string("\(code)")]]],
            ]
        case .failed(let why):
            return [
                "metadata": [:], "status": "Failure", "message": .string(why), "reason": "InternalError",
                "details": ["causes": [["message": .string(why)]]], "code": 500,
            ]
        }
    }
}

/// A command's standard streams, whatever protocol they came by.
package protocol CommandStreams: Sendable {
    /// Nil at the end of the client's input.
    func readInput() async throws -> ByteBuffer?
    func writeOutput(_ bytes: ByteBuffer) async throws
    func writeError(_ bytes: ByteBuffer) async throws
    /// The terminal's next size; nil when there will be none.
    func nextSize() async -> TerminalSize?
}

package struct TerminalSize: Sendable, Equatable {
    /// In characters.
    package let width: Int, height: Int

    /// From `{"Width":80,"Height":24}`; nil for anything else.
    init?(_ bytes: ByteBuffer) {
        guard let tree = try? JSON(parsing: Array(bytes.readableBytesView)), let width = tree["Width"].int,
            let height = tree["Height"].int, (0...65_535).contains(width), (0...65_535).contains(height)
        else { return nil }
        self.width = width
        self.height = height
    }
}

/// `PodExecOptions` and `PodAttachOptions`.
package struct PodStreamOptions: Sendable, Equatable {
    package var container: String
    package var command: [String] = []
    package var takesInput = false, givesOutput = false, givesError = false, isTerminal = false

    package init(container: String) { self.container = container }
}

/// `PodLogOptions`.
package struct PodLogOptions: Sendable, Equatable {
    package var container = ""
    package var follows = false, isPrevious = false, hasTimestamps = false
    /// Seconds back from now; nil: from the start.
    package var sinceSeconds: Int?
    /// RFC 3339; nil: from the start.
    package var sinceTime: String?
    /// Lines from the end; nil: all.
    package var tailLines: Int?
    /// Bytes after which the answer ends; nil: no limit.
    package var limitBytes: Int?
    /// `All`, `Stdout` or `Stderr`.
    package var stream = "All"

    package init(container: String = "") { self.container = container }
}

/// Where no nodes have joined: what the original answers when it can't reach a pod's node.
package struct NoNodes: NodeInterface {
    package init() {}

    private func unreachable(_ pod: JSON) -> APIStatus {
        let node = pod["spec"]["nodeName"].string ?? ""
        return APIStatus(
            code: 500, reason: "InternalError",
            message: "Internal error occurred: node \"\(node)\" can't be reached: no kubelet has joined this server")
    }

    package func log(of pod: JSON, _ options: PodLogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<ByteBuffer, any Error>
    { throw unreachable(pod) }
    package func exec(in pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams) async throws(APIStatus)
        -> CommandEnd
    { throw unreachable(pod) }
    package func attach(to pod: JSON, _ options: PodStreamOptions, _ streams: any CommandStreams)
        async throws(APIStatus) -> CommandEnd
    { throw unreachable(pod) }
    package func forward(to pod: JSON, port: Int, _ connection: any RawConnection) async throws(APIStatus) {
        throw unreachable(pod)
    }
}

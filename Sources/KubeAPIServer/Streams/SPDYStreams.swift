import JSON
import KubeModel
import NIOCore
import Wire

/// A command's streams over SPDY/3.1, where each is a stream of its own, named by its `streamtype` header.
struct SPDYStreams: CommandStreams {
    /// What we speak (`X-Stream-Protocol-Version`), the best first.
    static let protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
    /// How long a client may take to open the streams that it announced.
    private static let patience = Duration.seconds(30)

    private let streams: [String: SPDYStream]

    /// Waits for the streams that the options ask for; nil when the client doesn't open them.
    static func gather(_ connection: SPDYConnection, _ options: PodStreamOptions) async -> SPDYStreams? {
        var wanted: Set<String> = ["error"]
        if options.takesInput { wanted.insert("stdin") }
        if options.givesOutput { wanted.insert("stdout") }
        if options.givesError, !options.isTerminal { wanted.insert("stderr") }
        if options.isTerminal { wanted.insert("resize") }
        let all = wanted
        return await withTaskGroup(of: SPDYStreams?.self) { group in
            group.addTask {
                var streams: [String: SPDYStream] = [:]
                for await stream in connection.opened {
                    streams[stream.headers["streamtype"] ?? ""] = stream
                    if all.isSubset(of: streams.keys) { return SPDYStreams(streams: streams) }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private init(streams: [String: SPDYStream]) { self.streams = streams }

    func readInput() async throws -> ByteBuffer? { try await streams["stdin"]?.read() }
    func writeOutput(_ bytes: ByteBuffer) async throws { try await streams["stdout"]?.write(bytes) }
    func writeError(_ bytes: ByteBuffer) async throws { try await streams["stderr"]?.write(bytes) }

    /// One JSON text a frame.
    func nextSize() async -> TerminalSize? {
        while let bytes = try? await streams["resize"]?.read() {
            if let size = TerminalSize(bytes) { return size }
        }
        return nil
    }

    func finish(_ end: CommandEnd) async {
        for name in ["stdout", "stderr"] { await streams[name]?.closeWrite() }
        try? await streams["error"]?.write(ByteBuffer(bytes: end.status.bytes()))
        await streams["error"]?.closeWrite()
    }
}

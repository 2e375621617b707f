import NIOHTTP1
import CommandLine
import Glibc
import NIOCore
import Wire

/// Joins this process's streams to those of a container or exec until its output ends.
package struct AttachedStreams: Sendable {
    package let session: Session
    package let stream: HijackedStream
    let isTerminal: Bool
    let sendsInput: Bool
    let showsOutput: Bool
    let showsErrors: Bool
    let detachKeys: String?

    package enum End: Sendable { case outputEnded, detached }

    /// Largest read of standard input, in bytes.
    private static let inputBytes = 32 << 10

    private enum Event: Sendable { case inputEnded, detached, outputEnded, failed(any Error) }

    /// Throws what reading the connection throws. The terminal is as before when this returns. A read of standard input
    /// that is under way can't be called back: it ends with the process.
    package func run() async throws -> End {
        let restore = sendsInput && isTerminal ? session.input.makeRaw() : nil
        defer { restore?() }
        let keys = isTerminal ? DetachKeys(parsing: detachKeys ?? "") ?? .standard : nil
        let (events, report) = AsyncStream.makeStream(of: Event.self)
        let hasOutput = showsOutput || showsErrors
        let input = Task { report.yield(sendsInput ? await pumpInput(keys) : .inputEnded) }
        let output = Task {
            guard hasOutput else { return }
            do {
                try await pumpOutput()
                report.yield(.outputEnded)
            } catch { report.yield(.failed(error)) }
        }
        defer {
            input.cancel()
            output.cancel()
        }
        for await event in events {
            switch event {
            case .inputEnded where hasOutput: continue
            case .inputEnded, .outputEnded:
                await stream.connection.close()
                return .outputEnded
            case .detached:
                await stream.connection.close()
                return .detached
            case .failed(let error): throw error
            }
        }
        return .outputEnded
    }

    private func pumpInput(_ keys: DetachKeys?) async -> Event {
        var filter = keys.map(DetachFilter.init)
        while !Task.isCancelled {
            guard let bytes = try? await session.input.read(Self.inputBytes), !bytes.isEmpty else { break }
            var pass = bytes
            if filter != nil {
                guard let kept = filter?.pass(bytes) else { return .detached }
                pass = kept
            }
            guard !pass.isEmpty else { continue }
            do { try await stream.connection.write(ByteBuffer(bytes: pass)) } catch { return .inputEnded }
        }
        await stream.connection.closeWrite()
        return .inputEnded
    }

    private func pumpOutput() async throws {
        var frames = StreamFrames()
        while let chunk = try await stream.connection.read() {
            if isTerminal {
                session.out.write(chunk.readableBytesView)
                continue
            }
            try frames.feed(chunk) { isError, bytes in
                if isError {
                    if showsErrors { session.err.write(bytes) }
                } else if showsOutput {
                    session.out.write(bytes)
                }
            }
        }
    }
}

/// Takes Docker's multiplexed stream apart: eight bytes of head (stream, three zeros, length), then the payload.
package struct StreamFrames {
    package init() {}

    private var head: [UInt8] = []
    private var isError = false
    private var left = 0

    private static let headBytes = 8

    package mutating func feed(_ chunk: ByteBuffer, _ emit: (_ isError: Bool, _ bytes: ByteBufferView) -> Void) throws {
        var view = chunk.readableBytesView
        while !view.isEmpty {
            if left > 0 {
                let part = view.prefix(left)
                emit(isError, part)
                left -= part.count
                view = view.dropFirst(part.count)
                continue
            }
            let missing = Self.headBytes - head.count
            head += view.prefix(missing)
            view = view.dropFirst(missing)
            guard head.count == Self.headBytes else { return }
            guard head[0] <= 3 else { throw Failure("Unrecognized input header: \(head[0])") }
            if head[0] == 3 { throw Failure("error from daemon in stream") }
            isError = head[0] == 2
            left = head[4..<8].reduce(0) { $0 << 8 | Int($1) }
            head = []
        }
    }
}

/// Keeps the size of a container's or exec's terminal that of ours.
package struct TerminalSizing: Sendable {
    package init(session: Session, path: String) {
        self.session = session
        self.path = path
    }

    let session: Session
    /// `/containers/ID` or `/exec/ID`.
    let path: String

    /// Tries when the process isn't there yet; the waits grow by 10 ms each.
    private static let tries = 10

    func resize(_ size: TerminalSize) async throws {
        let query: Query = [("h", "\(size.rows)"), ("w", "\(size.columns)")]
        let answer = try await session.client.send(.POST, "\(path)/resize", query)
        _ = try await answer.body()
    }

    package func resizeNow() async {
        guard let size = session.out.size() else { return }
        for attempt in 0..<Self.tries {
            if (try? await resize(size)) != nil { return }
            try? await Task.sleep(for: .milliseconds(10 * (attempt + 1)))
            if Task.isCancelled { return }
        }
        session.err.line("failed to resize tty, using default size")
    }
}

/// What happens to signals while a container is attached: the window's changes go to its terminal, and others, when
/// the container has none of its own to type them on, to its process.
package struct AttachedSignals: Sendable {
    package static func watch(_ session: Session, container id: String, forwards: Bool, sizing: TerminalSizing?)
        -> Task<
            Void, Never
        >
    {
        var numbers: [Int32] = []
        if forwards { numbers = Signals.names.map(\.number).filter { $0 != SIGWINCH } }
        if sizing != nil { numbers.append(SIGWINCH) } else if forwards { numbers.append(SIGWINCH) }
        return Signals.forEach(numbers) { number in
            if number == SIGWINCH, let sizing {
                await sizing.resizeNow()
                return
            }
            guard forwards, let name = Signals.names.first(where: { $0.number == number })?.name else { return }
            _ = try? await session.client.post("/containers/\(PercentEncoding.path(id))/kill", [("signal", name)])
        }
    }
}

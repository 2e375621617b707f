import Foundation
import NIOCore
import NIOHTTP1

/// Many watches of one namespace while one client updates an object: how long after the update was sent each of them
/// has its event.
struct Watchers: Sendable {
    let suite: Suite
    let count: Int
    let updates: Int
    private static let name = "kubeload-watched"
    /// Longest wait for the last events.
    private static let patience = 60.0

    /// Events as they come in. Used on the event loop only.
    final class Arrivals: @unchecked Sendable {
        private static let mark = Array("sent-at-".utf8)
        private let expected: Int
        private let done: EventLoopPromise<Void>
        private(set) var times: [Int64] = []

        init(expected: Int, done: EventLoopPromise<Void>) {
            self.expected = expected
            self.done = done
            times.reserveCapacity(expected)
        }

        /// One watch's reader: events are lines, which arrive in pieces.
        func reader() -> (ByteBuffer) -> Void {
            var rest = ByteBuffer()
            return { part in
                var part = part
                rest.writeBuffer(&part)
                while let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                    if let line = rest.readSlice(length: end - rest.readerIndex + 1) { self.take(line) }
                }
                rest.discardReadBytes()
            }
        }

        private func take(_ line: ByteBuffer) {
            guard let sent = Self.time(line) else { return }
            times.append(Int64(NIODeadline.now().uptimeNanoseconds) - sent)
            if times.count == expected { done.succeed() }
        }

        /// The number after the mark; nil when the event is another object's.
        private static func time(_ line: ByteBuffer) -> Int64? {
            line.withUnsafeReadableBytes { bytes in
                guard var offset = place(bytes) else { return nil }
                var number: Int64 = 0
                while offset < bytes.count, case let digit = bytes[offset], digit >= 48, digit <= 57 {
                    number = number &* 10 &+ Int64(digit - 48)
                    offset += 1
                }
                return number
            }
        }

        /// The first byte after the mark.
        private static func place(_ bytes: UnsafeRawBufferPointer) -> Int? {
            guard let start = bytes.baseAddress else { return nil }
            var offset = 0
            while offset + mark.count < bytes.count,
                let found = memchr(start + offset, Int32(mark[0]), bytes.count - mark.count - offset)
            {
                offset = start.distance(to: UnsafeRawPointer(found))
                if memcmp(start + offset, mark, mark.count) == 0 { return offset + mark.count }
                offset += 1
            }
            return nil
        }
    }

    func run() async throws {
        let space = "/api/v1/namespaces/kubeload/configmaps"
        try await suite.make(
            Request(method: .POST, path: space, body: Objects.configMap(Self.name, bytes: 1_024)))
        let list = try await suite.send(Request(path: "\(space)?limit=1"), keepsBody: true)
        guard let revision = String(buffer: list.body).firstMatch(of: /"resourceVersion":"([0-9]+)"/)?.1 else {
            throw Failure("the list has no resourceVersion")
        }
        let done = suite.loop.makePromise(of: Void.self)
        let arrivals = Arrivals(expected: count * updates, done: done)
        let query = "?watch=1&resourceVersion=\(revision)&timeoutSeconds=3600"
        var clients: [Client] = []
        for _ in 0..<count {
            let client = try await suite.server.connect(on: suite.loop)
            suite.loop.execute { client.listen(Request(path: space + query), arrivals.reader()) }
            clients.append(client)
        }
        let watching = clients
        let cpu = Processor.seconds(suite.options.pids)
        let begin = NIODeadline.now()
        let updating = suite.loop.makePromise(of: Void.self)
        let measurement = Measurement(count: updates, seconds: 120, done: updating) { _ in
            let now = NIODeadline.now().uptimeNanoseconds
            let body = Objects.configMap(Self.name, bytes: 1_024, mark: "sent-at-\(now)")
            return Request(method: .PUT, path: "\(space)/\(Self.name)", body: body)
        }
        let updater = try await suite.server.connect(on: suite.loop)
        suite.loop.execute { measurement.start([updater]) }
        try await updating.futureResult.get()
        let patience = suite.loop.scheduleTask(in: .milliseconds(Int64(Self.patience * 1_000))) { done.succeed() }
        try await done.futureResult.get()
        patience.cancel()
        let seconds = Double((NIODeadline.now() - begin).nanoseconds) / 1e9
        let used = suite.options.pids.isEmpty ? nil : Processor.seconds(suite.options.pids) - cpu
        var problems = measurement.problems
        if arrivals.times.count < count * updates {
            problems["only \(arrivals.times.count) of \(count * updates) events arrived"] = 1
        }
        // CPU for 1,000 updates, not for 1,000 events.
        Line(
            name: "watch-\(count)", clients: count, times: arrivals.times, seconds: seconds, bytes: 0,
            cpuSeconds: used.map { $0 * Double(arrivals.times.count) / Double(max(updates, 1)) }, problems: problems
        ).print(json: suite.options.json)
        suite.loop.execute { for client in watching + [updater] { client.close() } }
    }
}

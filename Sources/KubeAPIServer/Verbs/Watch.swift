import JSON
import KubeModel
import KubeStorage
import NIOCore
import NIOHTTP1
import Wire

extension Limit {
    /// How long a watch lasts that names no timeout, in seconds; drawn at random between it and its double, so that
    /// many clients don't come back at once. Upstream's `--min-request-timeout`.
    static let watchSeconds = 1_800
    /// Seconds between two bookmarks of a watch, as upstream.
    static let bookmarkSeconds = 60
}

extension ObjectVerbs {
    /// Answers with the changes of the listed objects, one line an event, until the client goes or its time is over.
    func watch(_ responder: any HTTPResponder) async throws(APIStatus) {
        let stream = try WatchStream(self)
        let source = try await stream.open()
        var headers = HTTPHeaders([
            ("Content-Type", request.form.watchContentType), ("Cache-Control", "no-cache, private"),
        ])
        request.warnings.write(into: &headers)
        let seconds = try request.query.integer("timeoutSeconds").map { Int($0) } ?? 0
        let patience = seconds > 0 ? seconds : Int.random(in: Limit.watchSeconds...(2 * Limit.watchSeconds))
        let fixed = headers
        do {
            try await responder.head(.ok, fixed)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await stream.run(source, responder) }
                group.addTask { await responder.closed() }
                group.addTask { try? await Task.sleep(for: .seconds(patience)) }
                if stream.wantsBookmarks { parts.bookmarks.join() }
                await group.next()
                group.cancelAll()
            }
            if stream.wantsBookmarks { parts.bookmarks.leave() }
            try await responder.end()
        } catch {
            // The client has gone: nobody is left to tell.
        }
    }
}

/// One client's watch: which events it gets, and in which form.
struct WatchStream: Sendable {
    private let verbs: ObjectVerbs
    private let selector: ObjectSelector
    private let writer: AnswerWriter
    private let sendsInitialEvents: Bool?
    let wantsBookmarks: Bool
    private let version: String
    private let prefix: String

    init(_ verbs: ObjectVerbs) throws(APIStatus) {
        self.verbs = verbs
        let query = verbs.request.query
        selector = try ObjectSelector(query, verbs.rules)
        writer = AnswerWriter(
            served: verbs.served, form: verbs.request.form, now: verbs.parts.now(),
            included: try verbs.request.included())
        sendsInitialEvents = query.flag("sendInitialEvents")
        wantsBookmarks = query.flag("allowWatchBookmarks") ?? false
        version = query.resourceVersion
        prefix = verbs.served.keyPrefix(verbs.namespace)
        try ListOptions.check(query, isWatch: true)
    }

    /// Where the events come from: first what is there, when the client asked for that, then what happens.
    struct Source: Sendable {
        var initial: [StoredValue] = []
        var initialRevision: Int64?
        var changes: StorageWatch?
        /// Events up to this revision aren't told: the client asked for what comes after it, and it is still to come.
        var floor: Int64 = 0
        /// Told instead of events: the asked version is too old.
        var failure: APIStatus?
    }

    func open() async throws(APIStatus) -> Source {
        let storage = verbs.parts.store.storage
        let startsFresh = version.isEmpty || version == "0"
        var source = Source()
        do {
            if sendsInitialEvents == true || (startsFresh && sendsInitialEvents == nil) {
                try await verbs.waitFor(version)
                let page = try await storage.list(prefix: prefix, from: nil, limit: nil, at: nil)
                source.initial = page.values
                source.initialRevision = page.revision
                source.changes = try await storage.watch(prefix: prefix, after: page.revision)
            } else if startsFresh {
                source.changes = try await storage.watch(prefix: prefix, after: nil)
            } else {
                guard let asked = ObjectVerbs.revision(version) else {
                    throw APIStatus.badRequest("invalid resource version: \(ObjectVerbs.whyNoVersion(version))")
                }
                let isFuture = try await storage.revision < asked
                source.floor = asked
                source.changes = try await storage.watch(prefix: prefix, after: isFuture ? nil : asked)
            }
        } catch let StorageError.compacted(oldest) {
            source.failure = .gone("too old resource version: \(version) (\(oldest))")
        } catch let error as StorageError {
            throw ObjectStore.status(error)
        } catch let status as APIStatus {
            throw status
        } catch {
            throw .internalError("\(error)")
        }
        return source
    }

    func run(_ source: Source, _ responder: any HTTPResponder) async {
        do {
            if let failure = source.failure { return try await responder.write(try line("ERROR", failure.json)) }
            var isFirst = true
            if let revision = source.initialRevision {
                try await sendInitial(source.initial, revision, responder, isFirst: &isFirst)
            }
            guard let changes = source.changes else { return }
            var iterator = changes.makeAsyncIterator(with: receiver(source, responder))
            while let news = try await iterator.next() {
                switch news {
                case .events(let events):
                    let out = try lines(events, above: source.floor, isFirst: &isFirst)
                    if out.readableBytes > 0 { try await responder.write(out) }
                case .progress(let revision):
                    if wantsBookmarks { try await responder.write(try bookmark(revision, endsInitial: false)) }
                }
            }
        } catch StorageError.compacted {
            let status = APIStatus.gone("The resourceVersion for the provided watch is too old.")
            if let line = try? line("ERROR", status.json) { try? await responder.write(line) }
        } catch {
            // Broken off by the client or the end of its time.
        }
    }

    private func sendInitial(
        _ values: [StoredValue], _ revision: Int64, _ responder: any HTTPResponder, isFirst: inout Bool
    ) async throws {
        var out = ByteBuffer()
        for value in values {
            if !selector.isEverything, try !selector.matches(value) { continue }
            out.writeImmutableBuffer(try encoded("ADDED", value, isFirst: isFirst))
            isFirst = false
            if out.readableBytes > 256 << 10 {
                try await responder.write(out)
                out = ByteBuffer()
            }
        }
        if wantsBookmarks { out.writeImmutableBuffer(try bookmark(revision, endsInitial: true)) }
        if out.readableBytes > 0 { try await responder.write(out) }
    }

    /// Sends events as they happen, from the connection's event loop. None for tables, whose first line is another.
    private func receiver(_ source: Source, _ responder: any HTTPResponder) -> StorageReceiver? {
        guard verbs.request.form.shape != .table, let writer = responder.loopWriter else { return nil }
        return StorageReceiver(writer.eventLoop) { events in
            do {
                var isFirst = false
                return try writer.writeOnLoop(try lines(events, above: source.floor, isFirst: &isFirst))
            } catch {
                return writer.eventLoop.makeFailedFuture(error)
            }
        }
    }

    /// Those of the events that the client sees. Clients who see all of them in the same form share the bytes.
    private func lines(_ events: [StorageEvent], above floor: Int64, isFirst: inout Bool) throws -> ByteBuffer {
        guard let first = events.first, first.revision > floor, selector.isEverything,
            verbs.request.form.shape != .table
        else { return try ownLines(events, above: floor, isFirst: &isFirst) }
        isFirst = false
        return try verbs.parts.watches.encoded(events, under: prefix, verbs.served, verbs.request.form) {
            var isFirst = false
            return try ownLines(events, above: floor, isFirst: &isFirst)
        }
    }

    private func ownLines(_ events: [StorageEvent], above floor: Int64, isFirst: inout Bool) throws -> ByteBuffer {
        var out = ByteBuffer()
        for event in events where event.revision > floor {
            guard let change = try selector.change(event, verbs.parts.watches) else { continue }
            let line = try encoded(change.kind.rawValue, change.value, isFirst: isFirst)
            if out.readableBytes == 0 { out = line } else { out.writeImmutableBuffer(line) }
            isFirst = false
        }
        return out
    }

    private func encoded(_ type: String, _ value: StoredValue, isFirst: Bool) throws(APIStatus) -> ByteBuffer {
        // Tables differ by client (the first has the columns); all else is the same for all who asked for that form.
        if verbs.request.form.shape == .table {
            var table = writer.table(
                [verbs.served.fromStorage(try ObjectStore.decode(value))],
                metadata: ["resourceVersion": .string("\(value.modRevision)")])
            if !isFirst { table["columnDefinitions"] = .null }
            return try line(type, table)
        }
        return try verbs.parts.watches.encoded(type, value, verbs.served, verbs.request.form) { () throws(APIStatus) in
            if verbs.request.form == AnswerForm(), verbs.served.isStoredAsServed {
                var out = ByteBuffer()
                out.reserveCapacity(value.value.readableBytes + 80)
                out.writeString("{\"type\":\"\(type)\",\"object\":")
                ObjectRecord.write(value.value, revision: value.modRevision, into: &out)
                out.writeString("}\n")
                return out
            }
            if verbs.request.form == AnswerForm(encoding: .protobuf), verbs.served.isStoredAsServed {
                return framed(type, try ProtobufAnswer.bytes(value, verbs.served))
            }
            let object = verbs.served.fromStorage(try ObjectStore.decode(value))
            let isPartial = verbs.request.form.shape != .whole
            return try line(type, isPartial ? AnswerWriter.partial(object, verbs.request.form.shapeVersion) : object)
        }
    }

    private func bookmark(_ revision: Int64, endsInitial: Bool) throws(APIStatus) -> ByteBuffer {
        var metadata: JSON = ["resourceVersion": .string("\(revision)")]
        if endsInitial { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        var object: JSON = [
            "kind": .string(verbs.resource.kind), "apiVersion": .string(verbs.served.groupVersion.description),
            "metadata": metadata,
        ]
        switch verbs.request.form.shape {
        case .whole: break
        case .table:
            object = [
                "kind": "Table", "apiVersion": .string("meta.k8s.io/\(verbs.request.form.shapeVersion)"),
                "metadata": ["resourceVersion": .string("\(revision)")], "columnDefinitions": .null,
                "rows": [["cells": [], "object": AnswerWriter.partial(object, verbs.request.form.shapeVersion)]],
            ]
        default: object = AnswerWriter.partial(object, verbs.request.form.shapeVersion)
        }
        return try line("BOOKMARK", object)
    }

    private func line(_ type: String, _ object: JSON) throws(APIStatus) -> ByteBuffer {
        let event: JSON = ["type": .string(type), "object": object]
        switch verbs.request.form.encoding {
        case .json:
            var out = ByteBuffer(bytes: event.bytes(escapeHTML: true))
            out.writeInteger(UInt8(ascii: "\n"))
            return out
        case .yaml: return ByteBuffer(bytes: YAML.write(event) + Array("---\n".utf8))
        case .protobuf: return framed(type, try ProtobufAnswer.bytes(object))
        }
    }

    private func framed(_ type: String, _ object: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: KubeProtobuf.frame(KubeProtobuf.watchEvent(type, object)))
    }
}

import BuildProtocol
import DockerModel
import Engine
import JSON
import Protobuf
import Wire

// `ListenBuildHistory` and `UpdateBuildHistory` of the control service.
extension BuildKit {
    /// `BuildHistoryEventType`.
    private enum HistoryEvent: Int64 { case started = 0, complete, deleted }

    /// Records as they are, then, unless the client wants no more, what becomes of them until it goes.
    func listenToHistory(_ request: ProtobufFields, _ call: GRPCStream) async throws {
        let (onlyRunning, reference, endsEarly) = (request.flag(1), request.text(2), request.flag(3))
        let filter = try HistoryFilter(request.texts(4))
        let limit = Int(clamping: request.integer(5))
        guard limit >= 0 else { throw GRPCStatus(.unknown, "invalid limit \(limit)") }
        // Clients reckon how long builds run by the daemon's clock.
        try await call.begin([("buildkit-current-timestamp", rfc3339(BuildClock.now()))])
        var (all, changed) = history.now
        var over = onlyRunning ? [] : all.filter { $0.completed != nil && filter.accepts($0) }
        if limit > 0, over.count > limit { over = Array(over.suffix(limit)) }
        for record in all.filter({ $0.completed == nil }) + over
        where reference.isEmpty || record.reference == reference {
            try await tell(record.completed == nil ? .started : .complete, record, call)
        }
        while !endsEarly {
            await changed.wait()
            try Task.checkCancellation()
            let before = all
            (all, changed) = history.now
            for record in all where reference.isEmpty || record.reference == reference {
                let known = before.first { $0.reference == record.reference }
                if known == nil, record.completed == nil { try await tell(.started, record, call) }
                if record.completed != nil, known?.completed == nil { try await tell(.complete, record, call) }
            }
            for record in before where !all.contains(where: { $0.reference == record.reference }) {
                try await tell(.deleted, record, call)
            }
        }
    }

    private func tell(_ event: HistoryEvent, _ record: BuildHistory.Record, _ call: GRPCStream) async throws {
        try await call.reply { reply in
            reply.number(1, event.rawValue)
            reply.message(2) { writer in
                if event == .deleted { writer.text(1, record.reference) } else { record.write(&writer) }
            }
        }
    }

    func updateHistory(_ request: ProtobufFields, _ call: GRPCStream) async throws {
        let reference = request.text(1)
        let isThere: Bool
        if request.flag(3) {
            isThere = history.remove(reference)
        } else if request.flag(4) {
            // A record is whole when its build is over.
            isThere = history[reference] != nil
        } else {
            isThere = history.pin(reference, request.flag(2))
        }
        // The original's words: it keeps records by leases.
        guard isThere else { throw GRPCStatus(.unknown, "lease \(JSON("ref_" + reference).text): not found") }
        try await call.reply { _ in }
    }
}

/// Conditions on records, as clients spell them: `status==error,ref~=abc`. Each text is an alternative, all parts of
/// which must hold; those that go by time are the client's own to check.
struct HistoryFilter: Sendable {
    private var alternatives: [[(key: String, operation: String, value: String)]] = []

    init(_ texts: [String]) throws(GRPCStatus) {
        for text in texts {
            var conditions: [(key: String, operation: String, value: String)] = []
            for part in text.split(separator: ",") {
                guard
                    let (operation, range) = ["!=", "==", "~=", ">=", "<=", ">", "<"].lazy.compactMap({ operation in
                        part.firstRange(of: operation).map { (operation, $0) }
                    }).first
                else { throw GRPCStatus(.unknown, "invalid filter \(part)") }
                conditions.append(
                    (String(part[..<range.lowerBound]), operation, String(part[range.upperBound...])))
            }
            alternatives.append(conditions)
        }
    }

    func accepts(_ record: BuildHistory.Record) -> Bool {
        alternatives.isEmpty || alternatives.contains { $0.allSatisfy { Self.holds($0, record) } }
    }

    private static func holds(
        _ condition: (key: String, operation: String, value: String), _ record: BuildHistory.Record
    ) -> Bool {
        let value: String
        switch condition.key {
        case "ref": value = record.reference
        case "repository": value = record.attributes["vcs:source"] ?? record.attributes["context"] ?? ""
        case "status": value = record.status
        default: return true
        }
        switch condition.operation {
        case "==": return value == condition.value
        case "!=": return value != condition.value
        case "~=": return value.contains(condition.value)
        default: return true
        }
    }
}

extension BuildHistory.Record {
    fileprivate var status: String {
        guard completed != nil else { return "running" }
        guard let error else { return "completed" }
        return error.message.contains("context canceled") ? "canceled" : "error"
    }
}

import BuildProtocol
import NIOConcurrencyHelpers
import Protobuf
import Wire

/// Builds that run, and those that are over, for clients that ask later (`docker buildx history`). In memory: a new
/// daemon begins with none.
final class BuildHistory: Sendable {
    enum Limit {
        /// Builds that are over; the original's number.
        static let records = 50
        /// What all of them have told, in bytes. The oldest go first.
        static let toldBytes = 64 << 20
    }

    struct Record: Sendable {
        let reference: String
        let frontend: String
        let attributes: [String: String]
        let outputs: [OutputRequest]
        let board: StatusBoard
        /// Nanoseconds since the epoch.
        let created: Int64
        /// Nil: it runs.
        var completed: Int64?
        var error: GRPCStatus?
        var answer: [String: String] = [:]
        var isPinned = false
    }

    private struct State {
        /// The oldest first.
        var records: [Record] = []
        var changed = Latch()
    }

    private let state = NIOLockedValueBox(State())

    func begin(_ request: SolveRequest, _ board: StatusBoard) {
        let record = Record(
            reference: request.reference, frontend: request.frontend, attributes: request.attributes,
            outputs: request.outputs, board: board, created: BuildClock.now())
        change { records in
            records.removeAll { $0.reference == record.reference }
            records.append(record)
        }
    }

    func end(_ reference: String, _ result: Result<[String: String], GRPCStatus>) {
        change { records in
            guard let at = records.firstIndex(where: { $0.reference == reference }) else { return }
            records[at].completed = BuildClock.now()
            switch result {
            case .success(let answer): records[at].answer = answer
            case .failure(let status): records[at].error = status
            }
            Self.trim(&records)
        }
    }

    private static func trim(_ records: inout [Record]) {
        var count = 0, bytes = 0
        var kept: [Record] = []
        for record in records.reversed() {
            if record.completed != nil, !record.isPinned {
                count += 1
                bytes += record.board.bytes
                if count > Limit.records || bytes > Limit.toldBytes { continue }
            }
            kept.append(record)
        }
        records = kept.reversed()
    }

    /// False: there is none that is over.
    func remove(_ reference: String) -> Bool {
        change { records in
            let before = records.count
            records.removeAll { $0.reference == reference && $0.completed != nil }
            return records.count < before
        }
    }

    /// False: there is none.
    func pin(_ reference: String, _ isPinned: Bool) -> Bool {
        change { records in
            guard let at = records.firstIndex(where: { $0.reference == reference }) else { return false }
            records[at].isPinned = isPinned
            return true
        }
    }

    subscript(reference: String) -> Record? {
        state.withLockedValue { $0.records.first { $0.reference == reference } }
    }

    /// The records as they are, and what opens when they change.
    var now: (records: [Record], changed: Latch) { state.withLockedValue { ($0.records, $0.changed) } }

    private func change<T>(_ body: (inout [Record]) -> T) -> T {
        let (result, changed) = state.withLockedValue { state in
            let result = body(&state.records)
            defer { state.changed = Latch() }
            return (result, state.changed)
        }
        changed.open()
        return result
    }
}

extension BuildHistory.Record {
    /// `BuildHistoryRecord` (control.proto).
    func write(_ writer: inout ProtobufWriter) {
        writer.text(1, reference)
        writer.text(2, frontend)
        writer.map(3, attributes)
        for output in outputs {
            writer.message(4) { entry in
                entry.text(1, output.type)
                entry.map(2, output.attributes)
            }
        }
        if let error { writer.bytes(5, GRPCStatus(error.code, error.message).bytes) }
        writer.timestamp(6, created)
        if let completed {
            writer.timestamp(7, completed)
            let steps = board.steps
            writer.number(15, Int64(steps.cached))
            writer.number(16, Int64(steps.all))
            writer.number(17, Int64(steps.completed))
            writer.number(19, Int64(steps.warnings))
        }
        writer.map(9, answer)
        writer.flag(14, isPinned)
    }
}

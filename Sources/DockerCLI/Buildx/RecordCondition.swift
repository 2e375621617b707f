import BuildClient
import CommandLine
import Wire

/// A condition on records of builds as the command line has it: `status=error`, `duration>10s`.
struct RecordCondition: Sendable {
    let key: String
    let operation: String
    let value: String

    static func all(_ texts: [String]) throws(Failure) -> [RecordCondition] {
        var all: [RecordCondition] = []
        for text in texts { all.append(try RecordCondition(text)) }
        return all
    }

    init(_ text: String) throws(Failure) {
        let found = ["!=", "=", "<=", "<", ">=", ">"].lazy.compactMap { operation in
            text.firstRange(of: operation).map { (operation, $0) }
        }.first
        guard let (operation, range) = found else { throw Failure("ERROR: invalid filter \(GoText.quote(text))") }
        var key = String(text[..<range.lowerBound]), whole = operation
        // `<=` is found by its second half.
        if operation == "=", let last = key.last, last == "<" || last == ">" {
            whole = "\(last)="
            key.removeLast()
        }
        (self.key, self.operation, value) = (key, whole, String(text[range.upperBound...]))
        let isEquality = whole == "=" || whole == "!="
        switch key {
        case "ref", "repository", "status":
            guard isEquality else {
                throw Failure("ERROR: invalid separator for \(GoText.quote(text)), expected = or !=")
            }
        case "startedAt", "completedAt", "duration":
            guard !isEquality else {
                throw Failure("ERROR: invalid separator for \(GoText.quote(text)), expected <=, <, >= or >")
            }
            guard limit != nil else {
                throw Failure("ERROR: invalid \(key == "duration" ? "duration" : "time") \(value)")
            }
        default: throw Failure("ERROR: unsupported filter \(GoText.quote(text))")
        }
    }

    /// As builders read it.
    var spelling: String {
        guard operation == "=" else { return key + operation + value }
        return key + (key == "status" ? "==" : "~=") + value
    }

    /// What is compared with, in nanoseconds: a span, or a time since the epoch.
    private var limit: Int64? {
        let span = GoDuration.parse(value)
        if key == "duration" { return span }
        let now = Timestamp.now()
        if let span { return now.seconds * 1_000_000_000 + now.nanoseconds - span }
        return Timestamp(rfc3339: value).map { $0.seconds * 1_000_000_000 }
    }

    func holds(_ record: BuildRecord) -> Bool {
        let text: String
        switch key {
        case "ref": text = record.reference
        case "repository": text = record.attributes["vcs:source"] ?? record.attributes["context"] ?? ""
        case "status": text = record.condition
        default: return holds(record, limit ?? 0)
        }
        if operation == "!=" { return text != value }
        return key == "status" ? text == value : text.contains(value)
    }

    private func holds(_ record: BuildRecord, _ limit: Int64) -> Bool {
        let number: Int64
        switch key {
        case "startedAt": number = record.created
        case "completedAt": number = record.completed ?? 0
        default: number = record.completed.map { $0 - record.created } ?? 0
        }
        switch operation {
        case ">=": return number >= limit
        case "<=": return number <= limit
        case ">": return number > limit
        default: return number < limit
        }
    }
}

extension BuildRecord {
    var condition: String {
        guard completed != nil else { return "running" }
        guard let error else { return "completed" }
        return error.message.contains("context canceled") ? "canceled" : "error"
    }
}

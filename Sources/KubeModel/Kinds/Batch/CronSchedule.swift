/// When a CronJob runs: five fields, or a name such as `@hourly` (robfig/cron's standard form).
package struct CronSchedule: Sendable, Equatable {
    /// Bit n is set when the schedule runs at value n.
    package private(set) var minutes: UInt64 = 0
    package private(set) var hours: UInt64 = 0
    package private(set) var daysOfMonth: UInt64 = 0
    package private(set) var months: UInt64 = 0
    package private(set) var daysOfWeek: UInt64 = 0
    /// Whether the field was `*`: a day must then fit the other of the two, else either.
    package private(set) var isAnyDayOfMonth = false
    package private(set) var isAnyDayOfWeek = false
    /// `@every`: the time between two runs in nanoseconds; nil for the other forms.
    package private(set) var every: Int?
    /// The zone of a `TZ=` or `CRON_TZ=` prefix; nil without one.
    package private(set) var timeZone: String?

    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    package init(parsing text: String) throws(Failure) {
        if text.isEmpty { throw Failure("empty spec string") }
        var text = Substring(text)
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            let (head, rest) = CronSchedule.split(text)
            let zone = String(head.drop { $0 != "=" }.dropFirst())
            guard TimeZoneNames.isKnown(zone) else {
                throw Failure("provided bad location \(zone): unknown time zone \(zone)")
            }
            timeZone = zone
            text = rest
        }
        if text.hasPrefix("@") {
            try readName(String(text))
            return
        }
        let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else {
            throw Failure("expected exactly 5 fields, found \(fields.count): \(GoText.list(fields))")
        }
        minutes = try Field.minute.bits(fields[0])
        hours = try Field.hour.bits(fields[1])
        daysOfMonth = try Field.dayOfMonth.bits(fields[2])
        months = try Field.month.bits(fields[3])
        daysOfWeek = try Field.dayOfWeek.bits(fields[4])
        isAnyDayOfMonth = Field.isAny(fields[2])
        isAnyDayOfWeek = Field.isAny(fields[4])
    }

    private static func split(_ text: Substring) -> (Substring, Substring) {
        guard let space = text.firstIndex(of: " ") else { return (text, "") }
        return (text[..<space], text[space...].drop(while: \.isWhitespace))
    }

    private mutating func readName(_ name: String) throws(Failure) {
        let all: UInt64 = .max
        (minutes, hours, daysOfMonth, months, daysOfWeek) = (1, 1, all, all, all)
        (isAnyDayOfMonth, isAnyDayOfWeek) = (true, true)
        switch name {
        case "@yearly", "@annually": (daysOfMonth, months, isAnyDayOfMonth) = (1 << 1, 1 << 1, false)
        case "@monthly": (daysOfMonth, isAnyDayOfMonth) = (1 << 1, false)
        case "@weekly": (daysOfWeek, isAnyDayOfWeek) = (1, false)
        case "@daily", "@midnight": break
        case "@hourly": hours = all
        default:
            guard name.hasPrefix("@every ") else { throw Failure("unrecognized descriptor: \(name)") }
            do {
                every = try DurationText.parse(String(name.dropFirst(7)))
            } catch {
                throw Failure("failed to parse duration \(name): \(error)")
            }
        }
    }

    /// One of the five fields: its bounds and the names of its values.
    struct Field {
        let low: Int, high: Int
        var names: [String: Int] = [:]

        static let minute = Field(low: 0, high: 59)
        static let hour = Field(low: 0, high: 23)
        static let dayOfMonth = Field(low: 1, high: 31)
        static let month = Field(
            low: 1, high: 12,
            names: [
                "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
                "nov": 11, "dec": 12,
            ])
        static let dayOfWeek = Field(
            low: 0, high: 6, names: ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6])

        static func isAny(_ text: String) -> Bool {
            text.split(separator: ",").contains { part in
                let halves = part.split(separator: "/", omittingEmptySubsequences: false)
                guard ["*", "?"].contains(halves[0]) else { return false }
                return halves.count == 1 || Int(halves[1]) == 1
            }
        }

        func bits(_ text: String) throws(Failure) -> UInt64 {
            var bits: UInt64 = 0
            for part in text.split(separator: ",") { bits |= try range(String(part)) }
            return bits
        }

        private func range(_ text: String) throws(Failure) -> UInt64 {
            let halves = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            var (start, end, step) = (low, high, 1)
            if ends[0] != "*", ends[0] != "?" {
                start = try value(ends[0])
                switch ends.count {
                case 1: end = start
                case 2: end = try value(ends[1])
                default: throw Failure("too many hyphens: \(text)")
                }
            }
            switch halves.count {
            case 1: break
            case 2:
                step = try number(halves[1])
                if ends.count == 1 { end = high }
            default: throw Failure("too many slashes: \(text)")
            }
            if start < low { throw Failure("beginning of range (\(start)) below minimum (\(low)): \(text)") }
            if end > high { throw Failure("end of range (\(end)) above maximum (\(high)): \(text)") }
            if start > end {
                throw Failure("beginning of range (\(start)) beyond end of range (\(end)): \(text)")
            }
            if step == 0 { throw Failure("step of range should be a positive number: \(text)") }
            return stride(from: start, through: end, by: step).reduce(0) { $0 | 1 << UInt64($1) }
        }

        private func value(_ text: String) throws(Failure) -> Int {
            if let named = names[text.lowercased()] { return named }
            return try number(text)
        }

        private func number(_ text: String) throws(Failure) -> Int {
            guard let number = GoInteger.parse(text) else {
                throw Failure("failed to parse int from \(text): \(GoInteger.failure("Atoi", text))")
            }
            if number < 0 { throw Failure("negative number (\(number)) not allowed: \(text)") }
            return number
        }
    }
}

import KubeModel

/// What the clocks of a zone do every year, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyZoneRule: Sendable {
    private struct Change: Sendable {
        let month: Int, week: Int, day: Int
        /// Seconds after midnight.
        let time: Int
    }

    /// Seconds ahead of UTC.
    private let standard: Int
    private let summer: Int
    private var begin: Change?
    private var end: Change?

    /// Nil for an empty text, and for forms that name days of the year.
    init?(_ text: String) {
        let parts = text.split(separator: ",")
        guard var head = parts.first, Self.dropName(&head), let west = Self.time(&head) else { return nil }
        standard = -west
        guard !head.isEmpty, Self.dropName(&head) else {
            summer = standard
            return
        }
        summer = head.isEmpty ? standard + 3_600 : -(Self.time(&head) ?? west - 3_600)
        guard parts.count == 3, let begin = Self.change(parts[1]), let end = Self.change(parts[2]) else { return nil }
        self.begin = begin
        self.end = end
    }

    func offset(_ moment: Int) -> Int {
        guard let begin, let end else { return standard }
        let year = Int(Timestamp(seconds: moment + standard).text.prefix(4)) ?? 1970
        let from = Self.moment(begin, year) - standard, to = Self.moment(end, year) - summer
        let isSummer = from < to ? moment >= from && moment < to : !(moment >= to && moment < from)
        return isSummer ? summer : standard
    }

    private static func dropName(_ text: inout Substring) -> Bool {
        let before = text.count
        if text.hasPrefix("<") {
            text = text.drop { $0 != ">" }.dropFirst()
        } else {
            text = text.drop { $0.isLetter }
        }
        return text.count < before
    }

    /// `-3:30` in seconds.
    private static func time(_ text: inout Substring) -> Int? {
        let own = text.prefix { "+-:0123456789".contains($0) }
        text = text.dropFirst(own.count)
        let isNegative = own.hasPrefix("-")
        let parts = own.drop { $0 == "+" || $0 == "-" }.split(separator: ":").compactMap { Int($0) }
        guard let hours = parts.first else { return nil }
        let seconds = hours * 3_600 + (parts.count > 1 ? parts[1] * 60 : 0) + (parts.count > 2 ? parts[2] : 0)
        return isNegative ? -seconds : seconds
    }

    /// `M3.5.0/2`.
    private static func change(_ text: Substring) -> Change? {
        let halves = text.split(separator: "/")
        guard let date = halves.first, date.hasPrefix("M") else { return nil }
        let numbers = date.dropFirst().split(separator: ".").compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        var rest = halves.count > 1 ? halves[1] : "2"
        return Change(month: numbers[0], week: numbers[1], day: numbers[2], time: time(&rest) ?? 7_200)
    }

    /// The moment by the zone's own clock.
    private static func moment(_ change: Change, _ year: Int) -> Int {
        let month = change.month < 10 ? "0\(change.month)" : "\(change.month)"
        let first = ((try? Timestamp(parsing: "\(year)-\(month)-01T00:00:00Z"))?.seconds ?? 0) / 86_400
        // 1970-01-01 was a Thursday.
        let weekday = (first % 7 + 11) % 7
        var day = first + (change.day - weekday + 7) % 7 + (change.week - 1) * 7
        while Timestamp(seconds: day * 86_400).text.dropFirst(5).prefix(2) != month { day -= 7 }
        return day * 86_400 + change.time
    }
}

import JSON

/// How long ago, for people: `5s`, `3m20s`, `3d4h` (`duration.HumanDuration`).
package enum AgeText {
    /// - Parameter seconds: a difference within two seconds into the future counts as now; clocks differ.
    package static func of(seconds time: Double) -> String {
        guard time > -9e15, time < 9e15 else { return "<invalid>" }
        let seconds = Int(time)
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes = seconds / 60
        if minutes < 10 { return two(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 { return two(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if days < 8 { return two(days, "d", hours % 24, "h") }
        if days < 365 * 2 { return "\(days)d" }
        if days < 365 * 8 { return two(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }

    /// With one unit only: `3h` (`duration.ShortHumanDuration`).
    package static func short(seconds time: Double) -> String {
        guard time > -9e15, time < 9e15 else { return "<invalid>" }
        let seconds = Int(time)
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3_600 { return "\(seconds / 60)m" }
        if seconds < 86_400 { return "\(seconds / 3_600)h" }
        if seconds < 86_400 * 365 { return "\(seconds / 86_400)d" }
        return "\(seconds / 86_400 / 365)y"
    }

    /// The cell of a table's age column: since `timestamp` (RFC 3339); `<unknown>` when there is none.
    package static func since(_ timestamp: JSON, now: Double) -> String {
        guard let text = timestamp.string, let time = try? Timestamp(parsing: text) else { return "<unknown>" }
        return of(seconds: now - time.time)
    }

    /// Until `timestamp`.
    package static func until(_ timestamp: JSON, now: Double) -> String {
        guard let text = timestamp.string, let time = try? Timestamp(parsing: text) else { return "<unknown>" }
        return of(seconds: time.time - now)
    }

    private static func two(_ many: Int, _ unit: String, _ few: Int, _ small: String) -> String {
        few == 0 ? "\(many)\(unit)" : "\(many)\(unit)\(few)\(small)"
    }
}

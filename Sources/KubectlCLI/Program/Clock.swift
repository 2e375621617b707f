import CommandLine
import Glibc

/// The wall clock, by the type of the command line's module, which another module's type of the same name hides
/// elsewhere.
enum Clock {
    static var now: Timestamp { .now() }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// An RFC 3339 time as `Thu, 26 Nov 2026 02:38:11 +0000`, local time; nil for other text.
    static func moment(_ text: String) -> String? {
        guard let time = Timestamp(rfc3339: text) else { return nil }
        var seconds = time_t(time.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let offset = abs(parts.tm_gmtoff) / 60
        let zone = (parts.tm_gmtoff < 0 ? "-" : "+") + two(Int32(offset / 60)) + two(Int32(offset % 60))
        return
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(Int(parts.tm_year) + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) \(zone)"
    }
}

import Glibc
import NIOConcurrencyHelpers

/// What servers write as `Date`, RFC 9110, 6.6.1: `Thu, 26 Nov 2026 13:40:00 GMT`.
enum HTTPDate {
    private static let last = NIOLockedValueBox<(second: time_t, text: String)>((-1, ""))
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// This second's, made once.
    static var now: String {
        let second = time(nil)
        return last.withLockedValue { last in
            if last.second != second { last = (second, text(second)) }
            return last.text
        }
    }

    /// - Parameter second: in Unix time.
    static func text(_ second: time_t) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(weekdays[Int(parts.tm_wday)]), \(date) \(clock) GMT"
    }
}

import Fault

/// Signals by name and number (signal(7)).
package enum Signal {
    #if arch(x86_64) || arch(arm64)
        private static let numbers: [String: Int32] = [
            "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
            "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CLD": 17,
            "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26,
            "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31, "UNUSED": 31,
            "RTMIN": realTimeFirst, "RTMAX": realTimeLast,
        ]
    #endif
    /// The C library keeps 32 and 33 for itself.
    private static let realTimeFirst: Int32 = 34
    private static let realTimeLast: Int32 = 64

    /// `SIGTERM`, `term`, `15`, `RTMIN+3`, `SIGRTMAX-2`; nil when there is no such signal.
    package static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return (1...realTimeLast).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let number = numbers[name] { return number }
        if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) {
            return realTimeFirst + offset
        }
        if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) {
            return realTimeLast - offset
        }
        return nil
    }

    /// Throws in Docker's words.
    package static func parse(_ text: String) throws(Fault) -> Int32 {
        if let number = number(text) { return number }
        if let number = Int32(text), number != 0 {
            throw Fault(.invalid, "the linux daemon does not support signal \(number)")
        }
        throw Fault(.invalid, "invalid signal: \(text)")
    }
}

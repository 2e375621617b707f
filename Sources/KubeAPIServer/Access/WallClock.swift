import CLinux

/// The time that tokens and certificates are checked against, in seconds since 1970; tests give their own.
package typealias WallClock = @Sendable () -> Double

/// The machine's own.
package func systemTime() -> Double { hako_wall_clock() }

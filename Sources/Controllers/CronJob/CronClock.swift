import KubeModel

extension CronSchedule {
    /// Days that are looked at before a schedule counts as one that never comes: five years.
    private static let mostDays = 5 * 366

    /// The first run after a moment, both in seconds since 1970; nil when none comes within five years.
    /// - Parameter offset: seconds that the schedule's zone is ahead of UTC at a moment.
    package func next(after moment: Int, offset: (Int) -> Int = { _ in 0 }) -> Int? {
        if let every {
            // Rounded down to whole seconds, at least one.
            return moment + max(1, every / 1_000_000_000)
        }
        let shift = offset(moment)
        let local = (moment + shift) / 60 * 60 + 60
        var day = local / 86_400
        var from = local % 86_400 / 60
        for _ in 0..<Self.mostDays {
            if runs(onDay: day), let minute = minute(from: from) {
                let wall = day * 86_400 + minute * 60
                let time = wall - offset(wall - shift)
                if time > moment { return time }
                from = minute + 1
                if from < 1_440 { continue }
            }
            day += 1
            from = 0
        }
        return nil
    }

    private func runs(onDay day: Int) -> Bool {
        let (month, date) = CronDate.civil(day)
        guard months >> UInt64(month) & 1 == 1 else { return false }
        let fitsDate = daysOfMonth >> UInt64(date) & 1 == 1
        // 1970-01-01 was a Thursday.
        let fitsWeekday = daysOfWeek >> UInt64((day % 7 + 11) % 7) & 1 == 1
        return isAnyDayOfMonth || isAnyDayOfWeek ? fitsDate && fitsWeekday : fitsDate || fitsWeekday
    }

    /// The first minute of a day at which it runs.
    private func minute(from start: Int) -> Int? {
        (start..<1_440).first { hours >> UInt64($0 / 60) & 1 == 1 && minutes >> UInt64($0 % 60) & 1 == 1 }
    }
}

private enum CronDate {
    /// Month and day of month of a day counted from 1970-01-01.
    static func civil(_ day: Int) -> (month: Int, day: Int) {
        let parts = Timestamp(seconds: day * 86_400).text.prefix(10).split(separator: "-").compactMap { Int($0) }
        return parts.count == 3 ? (parts[1], parts[2]) : (1, 1)
    }
}

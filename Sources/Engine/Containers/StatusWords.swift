/// The STATUS column of `docker ps`.
enum StatusWords {
    /// `now` in nanoseconds since the epoch.
    static func describe(_ record: ContainerRecord, now: Int64) -> String {
        let state = record.state
        func since(_ time: Int64?) -> String { elapsed(.nanoseconds(max(0, now - (time ?? now)))) }
        switch state.status {
        case .running:
            let up = "Up " + since(state.startedAt)
            guard let health = record.health, health.status != .none else { return up }
            return "\(up) (\(health.status == .starting ? "health: starting" : health.status.rawValue))"
        case .paused: return "Up \(since(state.startedAt)) (Paused)"
        case .restarting: return "Restarting (\(state.exitCode)) \(since(state.finishedAt)) ago"
        case .removing: return "Removal In Progress"
        case .dead: return "Dead"
        case .created: return "Created"
        case .exited:
            guard let finished = state.finishedAt else { return "Created" }
            return "Exited (\(state.exitCode)) \(since(finished)) ago"
        }
    }

    /// `3 seconds`, `About a minute`, `2 days`: Docker's steps.
    static func elapsed(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        let minutes = seconds / 60
        // Rounded to the nearest hour, as the original does it.
        let hours = Int64((Double(seconds) / 3_600).rounded())
        switch true {
        case seconds < 1: return "Less than a second"
        case seconds == 1: return "1 second"
        case seconds < 60: return "\(seconds) seconds"
        case minutes == 1: return "About a minute"
        case minutes < 60: return "\(minutes) minutes"
        case hours == 1: return "About an hour"
        case hours < 48: return "\(hours) hours"
        case hours < 24 * 7 * 2: return "\(hours / 24) days"
        case hours < 24 * 30 * 2: return "\(hours / 24 / 7) weeks"
        case hours < 24 * 365 * 2: return "\(hours / 24 / 30) months"
        default: return "\(hours / 24 / 365) years"
        }
    }
}

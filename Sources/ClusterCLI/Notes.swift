import CommandLine
import DockerCLI

/// Lines about what goes on, as minikube writes them: with an emoji on a terminal, else with a plain mark.
struct Notes: Sendable {
    enum Kind {
        case happy, automatic, running, building, pulling, network, verifying, addons, done, stopping, stopped, deleting
        case removed, restarting, pausing, unpausing, warning, failure, tip, addonsOff, success
        case plain

        var emoji: String {
            switch self {
            case .happy: "😄  "
            case .automatic: "✨  "
            case .running: "👍  "
            case .building: "🔥  "
            case .pulling: "🚜  "
            case .network: "🔗  "
            case .verifying: "🔎  "
            case .addons: "🌟  "
            case .done: "🏄  "
            case .stopping: "✋  "
            case .stopped: "🛑  "
            case .deleting: "🔥  "
            case .removed: "💀  "
            case .restarting: "🔄  "
            case .pausing: "⏸️  "
            case .unpausing: "⏯️  "
            case .warning: "❗  "
            case .failure: "❌  "
            case .tip: "💡  "
            case .addonsOff: "🌑  "
            case .success: "✅  "
            case .plain: ""
            }
        }

        var mark: String {
            switch self {
            case .warning: "! "
            case .failure: "X "
            case .plain: ""
            default: "* "
            }
        }
    }

    private let out: Output
    private let showsEmoji: Bool

    /// `MINIKUBE_IN_STYLE` decides where it is set, as with minikube.
    init(_ out: Output, _ environment: [String: String]) {
        self.out = out
        switch environment["MINIKUBE_IN_STYLE"]?.lowercased() {
        case "true", "1", "t": showsEmoji = true
        case "false", "0", "f": showsEmoji = false
        default: showsEmoji = out.isTerminal && !["", "dumb"].contains(environment["TERM"] ?? "")
        }
    }

    func say(_ kind: Kind, _ text: String) { out.line((showsEmoji ? kind.emoji : kind.mark) + text) }
}

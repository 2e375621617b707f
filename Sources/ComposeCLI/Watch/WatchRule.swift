import Compose
import Dockerfile
import JSON

/// One entry of a service's `develop.watch`.
struct WatchRule: Sendable {
    enum Action: String, Sendable {
        case sync, rebuild, restart
        case syncRestart = "sync+restart"
        case syncExec = "sync+exec"

        var syncs: Bool { self == .sync || self == .syncRestart || self == .syncExec }
    }

    let service: String
    let path: String
    let action: Action
    let target: String
    let exec: JSON
    let syncsAtStart: Bool
    private let ignored: [(folder: String, patterns: IgnoreFile)]
    private let included: IgnoreFile?

    /// What editors leave behind for a moment.
    private static let editors = ["**/.git", "**/*.swp", "**/*.swx", "**/*~", "**/4913", "**/.#*"]

    init(service: String, json: JSON, dockerIgnore: (folder: String, patterns: IgnoreFile)?) {
        self.service = service
        path = json["path"].string ?? ""
        action = Action(rawValue: json["action"].string ?? "") ?? .rebuild
        target = json["target"].string ?? ""
        exec = json["exec"]
        syncsAtStart = json["initial_sync"].bool ?? false
        var all = [(folder: path, patterns: IgnoreFile(patterns: Self.editors + json["ignore"].strings))]
        if let dockerIgnore { all.append(dockerIgnore) }
        ignored = all
        let patterns = json["include"].strings
        included = patterns.isEmpty ? nil : IgnoreFile(patterns: patterns)
    }

    /// Whether a change of the file is this rule's business.
    func concerns(_ file: String) -> Bool {
        guard file == path || file.hasPrefix(path + "/") else { return false }
        if ignores(file) { return false }
        guard let included, file != path else { return true }
        return included.excludes(String(file.dropFirst(path.count + 1)))
    }

    func ignores(_ file: String) -> Bool {
        ignored.contains { folder, patterns in
            file.hasPrefix(folder + "/") && patterns.excludes(String(file.dropFirst(folder.count + 1)))
        }
    }

    /// The file's place in containers.
    func place(of file: String) -> String {
        file == path ? target : PathText.join(target, String(file.dropFirst(path.count + 1)))
    }
}

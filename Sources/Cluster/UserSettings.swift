import CLinux
import Fault
import JSON
import Linux

/// What a user has set once for all starts (`hako config set`): `HAKO_HOME/config/config.json`, as minikube keeps it.
package struct UserSettings: Sendable, Equatable {
    package private(set) var values: JSONObject

    package init(_ values: JSONObject = JSONObject()) { self.values = values }

    /// A setting's text as it was given; nil: it isn't set.
    package func text(_ name: String) -> String? {
        switch values[name] {
        case .string(let text): text
        case .null, nil: nil
        case let value?: value.text
        }
    }

    package mutating func set(_ name: String, _ value: JSON) { values[name] = value }

    package mutating func remove(_ name: String) { values = values.filter { $0.key != name } }
}

extension HomeFolder {
    private var settingsFolder: String { path + "/config" }
    private var settingsFile: String { settingsFolder + "/config.json" }

    /// Empty when nothing was ever set.
    package func settings() throws(Fault) -> UserSettings {
        let bytes: [UInt8]
        do throws(KernelError) { bytes = try KernelFile.bytes(settingsFile, limit: Limit.profileBytes) } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return UserSettings() }
            throw Fault(.internalFault, "settings can't be read: \(error)")
        }
        guard let tree = try? JSON(parsing: bytes), let values = tree.object else {
            throw Fault(.invalid, "\(settingsFile) is damaged: it holds no JSON object; remove it to begin anew")
        }
        return UserSettings(values)
    }

    /// Replaces the file whole, durably; takes it away when nothing is set.
    package func save(_ settings: UserSettings) throws(Fault) {
        do throws(KernelError) {
            if settings.values.isEmpty {
                _ = unlink(settingsFile)
                for folder in [settingsFolder, path] { _ = rmdir(folder) }
                return
            }
            try Self.makeFolders(settingsFolder)
            let tree = JSON.object(settings.values.sortedByKey())
            try KernelFile.replace(settingsFile, Array((tree.pretty() + "\n").utf8))
        } catch {
            throw Fault(.internalFault, "settings can't be saved: \(error)")
        }
    }

    /// Takes everything away that this program keeps here. Idempotent.
    package func purge() throws(Fault) {
        for name in profileNames() { try remove(name) }
        try save(UserSettings())
        _ = unlink(lockFile)
        _ = rmdir(path)
    }
}

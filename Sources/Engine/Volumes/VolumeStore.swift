import CLinux
import Fault
import ImageStore
import JSON
import Linux
import Logging
import Synchronization

/// The volumes of the local driver: a folder each, with its data and a description beside it. The folders are the
/// truth; what is in memory is read from them at start.
package final class VolumeStore: Sendable {
    struct State {
        var records: [String: VolumeRecord] = [:]
        /// Containers that are being created, or run with a mounted volume, by volume.
        var pins: [String: Set<String>] = [:]
        var mounts: [String: Set<String>] = [:]
    }

    let root: String
    private let log: Logger
    let state = Mutex(State())
    /// Making, mounting and removing, one after the other.
    let changes = Mutex(())

    private enum Name {
        static let data = "_data"
        static let description = "volume.json"
        /// A removed volume under way; names of volumes can't begin so.
        static let removed = ".removed-"
    }

    /// Reads what is there and finishes removals that a crash interrupted.
    package init(root: String, log: Logger) throws {
        self.root = root
        self.log = log
        try KernelFile.makeFolders(root, mode: 0o701)
        for name in KernelFile.names(in: root) {
            let folder = root + "/" + name
            if name.hasPrefix(Name.removed) {
                try FileTree.remove(folder)
                continue
            }
            guard VolumeName.isValid(name) else { continue }
            if Self.isHalfMade(folder) {
                try FileTree.remove(folder)
                continue
            }
            state.withLock { $0.records[name] = read(name) }
        }
    }

    /// A crash came between the folder and its description: nobody was told of the volume, and nothing is in it.
    private static func isHalfMade(_ folder: String) -> Bool {
        access(folder + "/" + Name.description, F_OK) != 0 && KernelFile.names(in: folder + "/" + Name.data).isEmpty
    }

    /// A folder whose description is missing or damaged is kept as a plain volume: data is never thrown away.
    private func read(_ name: String) -> VolumeRecord {
        let path = root + "/" + name
        if let bytes = try? KernelFile.bytes(path + "/" + Name.description), let json = try? JSON(parsing: bytes),
            let record = VolumeRecord(stored: json, mountpoint: dataFolder(name)), record.name == name
        {
            return record
        }
        log.warning("volume \(name) has no readable description; it is kept as a plain volume")
        _ = mkdir(dataFolder(name), 0o755)
        return VolumeRecord(name: name, createdAt: rfc3339(nowNanoseconds()), mountpoint: dataFolder(name))
    }

    func dataFolder(_ name: String) -> String { root + "/" + name + "/" + Name.data }

    package func record(_ name: String) throws(Fault) -> VolumeRecord {
        guard let record = state.withLock({ $0.records[name] }) else {
            throw Fault(.notFound, "get \(name): no such volume")
        }
        return record
    }

    package var all: [VolumeRecord] {
        state.withLock { Array($0.records.values) }.sorted { $0.name < $1.name }
    }

    /// Makes the volume, or gives the one of that name. `isNew` tells which.
    func create(
        name: String?, driver: String, options: [String: String], labels: [String: String], pinnedBy container: String?
    ) throws -> (record: VolumeRecord, isNew: Bool) {
        guard driver.isEmpty || driver == "local" || driver == "default" else {
            throw Fault(
                .notFound,
                "create \(name ?? ""): error looking up volume plugin \(driver): plugin \"\(driver)\" not found")
        }
        let isNameless = name?.isEmpty ?? true
        // Names of anonymous volumes may be chosen beforehand, so that a container's record can name them first.
        let isAnonymous = isNameless || labels[VolumeName.anonymousLabel] != nil
        let name = isNameless ? VolumeName.random() : name ?? ""
        try VolumeName.check(name)
        try VolumeOptions.check(options)
        return try changes.withLock { _ in
            let known = state.withLock { state -> VolumeRecord? in
                if let container { state.pins[name, default: []].insert(container) }
                return state.records[name]
            }
            if let known { return (known, false) }
            do {
                var record = VolumeRecord(
                    name: name, createdAt: VolumeName.now(), mountpoint: dataFolder(name))
                record.options = options
                record.labels = labels
                record.anonymous = isAnonymous
                if isAnonymous { record.labels[VolumeName.anonymousLabel] = "" }
                try write(record)
                let made = record
                state.withLock { $0.records[name] = made }
                return (record, true)
            } catch {
                if let container { state.withLock { _ = $0.pins[name]?.remove(container) } }
                throw error
            }
        }
    }

    /// The folder first, so that the description is never without one.
    private func write(_ record: VolumeRecord) throws(KernelError) {
        try KernelFile.makeFolders(root + "/" + record.name, mode: 0o701)
        try KernelFile.makeFolders(record.mountpoint, mode: 0o755)
        try KernelFile.replace(root + "/" + record.name + "/" + Name.description, record.stored.bytes())
    }

    /// Throws when something still pins it. The data is out of reach at once and removed then.
    func remove(_ name: String) throws {
        try changes.withLock { _ in
            let pins = try state.withLock { state -> Set<String> in
                guard state.records[name] != nil else { throw Fault(.notFound, "get \(name): no such volume") }
                return (state.pins[name] ?? []).union(state.mounts[name] ?? [])
            }
            guard pins.isEmpty else { throw VolumeStore.inUse(name, pins.sorted()) }
            while try Mount.unmount(dataFolder(name)) {}
            let trash = root + "/" + Name.removed + name
            try FileTree.remove(trash)
            try kernel("rename", root + "/" + name) { rename(root + "/" + name, trash) }
            state.withLock { state in
                state.records[name] = nil
                state.pins[name] = nil
            }
            try FileTree.remove(trash)
        }
    }

    static func inUse(_ name: String, _ containers: [String]) -> Fault {
        Fault(.conflict, "remove \(name): volume is in use - [\(containers.joined(separator: ", "))]")
    }

    /// Gives the folder to bind; mounts first what the options ask for.
    func mount(_ name: String, for container: String) throws -> String {
        let record = try record(name)
        return try changes.withLock { _ in
            if record.isMounted, try !MountEntry.all().contains(where: { $0.target == record.mountpoint }) {
                try VolumeOptions.mount(record)
            }
            state.withLock { _ = $0.mounts[name, default: []].insert(container) }
            return record.mountpoint
        }
    }

    func unmount(for container: String) {
        changes.withLock { _ in
            let unused = state.withLock { state -> [VolumeRecord] in
                var unused: [VolumeRecord] = []
                for (name, holders) in state.mounts where holders.contains(container) {
                    state.mounts[name]?.remove(container)
                    guard holders.count == 1 else { continue }
                    state.mounts[name] = nil
                    if let record = state.records[name], record.isMounted { unused.append(record) }
                }
                return unused
            }
            for record in unused {
                do { try Mount.unmount(record.mountpoint) } catch {
                    log.error("volume \(record.name) stays mounted: \(error)")
                }
            }
        }
    }

    func release(_ container: String) {
        unmount(for: container)
        state.withLock { state in
            for name in state.pins.keys { state.pins[name]?.remove(container) }
            state.pins = state.pins.filter { !$0.value.isEmpty }
        }
    }
}

/// What a volume may be called.
enum VolumeName {
    static let anonymousLabel = "com.docker.volume.anonymous"
    /// Bytes of a name: it becomes a folder's (NAME_MAX).
    private static let longest = 255

    static func check(_ name: String) throws(Fault) {
        if name.utf8.count == 1 {
            throw Fault(
                .invalid,
                "create \(name): volume name is too short, names should be at least two alphanumeric characters")
        }
        guard isValid(name) else {
            throw Fault(
                .invalid,
                "create \(name): \"\(name)\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
            )
        }
    }

    static func isValid(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        guard (2...longest).contains(name.utf8.count), let first = name.utf8.first, isAlphanumeric(first) else {
            return false
        }
        return name.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x5f || $0 == 0x2e || $0 == 0x2d }
    }

    /// 64 hex digits.
    static func random() -> String {
        (0..<4).map { _ in
            let text = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }

    /// Docker gives volumes' times without a fraction.
    static func now() -> String { rfc3339(nowNanoseconds() / 1_000_000_000 * 1_000_000_000) }
}

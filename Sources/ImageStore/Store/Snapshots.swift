import CLinux
import Fault
import GRDB
import Linux
import NIOPosix
import OCI

extension ImageStore {
    /// `image` nil: an empty root. The same ID gives the same snapshot again.
    package func createSnapshot(_ containerID: String, image: Digest?) async throws -> Snapshot {
        try Self.check(containerID)
        let owner = guest?.owner
        let numbers = try await database.write { database in
            if try Self.insert(database, containerID, image, owner), let image {
                try Self.stack(layersOf: image, on: containerID, database)
            }
            return try Self.layers(of: containerID, database)
        }
        return try await makeFolders(containerID, numbers)
    }

    /// On layers that needn't belong to an image yet, lowest first.
    package func createSnapshot(_ containerID: String, layers: [Digest]) async throws -> Snapshot {
        try Self.check(containerID)
        let owner = guest?.owner
        let numbers = try await database.write { database in
            if try Self.insert(database, containerID, nil, owner) {
                for (position, diffID) in layers.enumerated() {
                    try database.execute(
                        sql: "INSERT INTO snapshot_layers (container, position, diff) VALUES (?, ?, ?)",
                        arguments: [containerID, position, diffID.hex])
                }
            }
            return try Self.layers(of: containerID, database)
        }
        return try await makeFolders(containerID, numbers)
    }

    private func makeFolders(_ containerID: String, _ numbers: [Int64]) async throws -> Snapshot {
        let folder = folders.snapshot(containerID)
        try await NIOThreadPool.singleton.runIfActive {
            do throws(KernelError) {
                try StoreFolders.makeFolder(folder, 0o711)
                try StoreFolders.makeFolder(folder + "/upper", 0o755)
                try StoreFolders.makeFolder(folder + "/work", 0o700)
                try StoreFolders.makeFolder(folder + "/merged", 0o755)
            } catch {
                throw StoreError.explain(error, "creating the container's file system")
            }
        }
        return snapshot(containerID, numbers: numbers)
    }

    /// False: it is there.
    private static func insert(
        _ database: Database, _ container: String, _ image: Digest?, _ owner: String?
    ) throws -> Bool {
        guard
            try Row.fetchOne(database, sql: "SELECT 1 FROM snapshots WHERE container = ?", arguments: [container])
                == nil
        else { return false }
        try database.execute(
            sql: "INSERT INTO snapshots (container, image, created, owner) VALUES (?, ?, ?, ?)",
            arguments: [container, image?.hex, HostBoot.now(), owner])
        return true
    }

    private static func stack(layersOf image: Digest, on container: String, _ database: Database) throws {
        guard try Row.fetchOne(database, sql: "SELECT 1 FROM images WHERE id = ?", arguments: [image.hex]) != nil else {
            throw Fault(.notFound, "No such image: \(image)")
        }
        try database.execute(
            sql:
                "INSERT INTO snapshot_layers (container, position, diff) SELECT ?, position, diff FROM image_layers WHERE image = ?",
            arguments: [container, image.hex])
    }

    package func snapshot(_ containerID: String) async throws -> Snapshot {
        let numbers = try await database.read { database in
            let known =
                try Row.fetchOne(database, sql: "SELECT 1 FROM snapshots WHERE container = ?", arguments: [containerID])
                != nil
            return known ? try Self.layers(of: containerID, database) : nil
        }
        guard let numbers else {
            throw Fault(.notFound, "container \(containerID.prefix(12)) has no file system in the store")
        }
        return snapshot(containerID, numbers: numbers)
    }

    /// IDs that begin with the text and go on.
    package func snapshotNames(startingWith prefix: String) async throws -> [String] {
        try await database.read { database in
            try String.fetchAll(
                database, sql: "SELECT container FROM snapshots WHERE container > ? AND container < ?",
                arguments: [prefix, prefix + "\u{10FFFF}"])
        }
    }

    /// Folder numbers, topmost layer first.
    private static func layers(of container: String, _ database: Database) throws -> [Int64] {
        try Int64.fetchAll(
            database,
            sql:
                "SELECT number FROM snapshot_layers JOIN layers USING (diff) WHERE container = ? ORDER BY position DESC",
            arguments: [container])
    }

    private func snapshot(_ id: String, numbers: [Int64]) -> Snapshot {
        // overlayfs refuses a folder that is named twice; below itself a layer adds nothing.
        var seen: Set<Int64> = []
        let lowers = numbers.filter { seen.insert($0).inserted }.map(folders.layer)
        let folder = folders.snapshot(id)
        return Snapshot(
            lowers: lowers.isEmpty ? [folders.empty] : lowers, upper: folder + "/upper", work: folder + "/work",
            merged: folder + "/merged")
    }

    /// Idempotent. What is still mounted there is unmounted.
    package func removeSnapshot(_ containerID: String) async throws {
        try Self.check(containerID)
        let folder = folders.snapshot(containerID)
        try await NIOThreadPool.singleton.runIfActive { [trash] in
            do throws(KernelError) {
                try Mount.unmount(folder + "/merged")
                try trash.discard(folder)
            } catch {
                throw StoreError.explain(error, "removing the container's file system")
            }
        }
        if guest != nil {
            return try await database.write {
                try $0.execute(sql: "DELETE FROM snapshots WHERE container = ?", arguments: [containerID])
            }
        }
        let pins = pins
        let (layers, blobs) = try await database.write { database in
            let diffIDs = try String.fetchAll(
                database, sql: "SELECT diff FROM snapshot_layers WHERE container = ?", arguments: [containerID]
            )
            .map { try Digest(parsing: "sha256:" + $0) }
            try database.execute(sql: "DELETE FROM snapshots WHERE container = ?", arguments: [containerID])
            // Their image may have been removed by force before the container.
            let layers = try Self.dropLayers(database, among: diffIDs, pins)
            return (layers, try layers.map(\.blob).filter { try Self.isUnused(blob: $0, database, pins) })
        }
        try await discard(layers: layers, blobs: blobs)
    }

    /// Frees what guests hold that live in none of these containers. Their files are in volumes, and go with those.
    /// A guest knows none of the containers that guests live in, and frees nothing.
    package func keepGuests(in containers: Set<String>) async throws {
        if guest != nil { return }
        try await database.write { database in
            let owners = try String.fetchAll(
                database, sql: "SELECT DISTINCT owner FROM snapshots WHERE owner IS NOT NULL")
            for owner in owners where !containers.contains(owner) {
                try database.execute(sql: "DELETE FROM snapshots WHERE owner = ?", arguments: [owner])
            }
        }
    }

    /// The ID becomes a folder's name.
    private static func check(_ id: String) throws(Fault) {
        guard !id.isEmpty, id.utf8.count <= 128, !id.hasPrefix("."), !id.utf8.contains(0x2F), !id.utf8.contains(0)
        else {
            throw Fault(.invalid, "illegal container ID: \(id.prefix(128))")
        }
    }
}

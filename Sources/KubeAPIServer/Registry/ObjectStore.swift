import JSON
import KubeModel
import KubeStorage
import NIOCore

/// The store in the API's terms: keys from resources and names, storage errors as the statuses that clients know.
package struct ObjectStore: Sendable {
    package let storage: any KubeStorage
    let cache: ObjectCache
    let trees = ObjectTrees()

    package init(_ storage: any KubeStorage, _ cache: ObjectCache) {
        self.storage = storage
        self.cache = cache
    }

    func find(_ served: ServedResource, _ namespace: String, _ name: String) async throws(APIStatus) -> StoredValue? {
        do { return try await storage.get(served.key(namespace, name)) } catch { throw Self.status(error) }
    }

    /// Throws NotFound.
    func get(_ served: ServedResource, _ namespace: String, _ name: String) async throws(APIStatus) -> StoredValue {
        guard let value = try await find(served, namespace, name) else { throw .notFound(served.resource, name) }
        return value
    }

    /// Throws AlreadyExists.
    func create(_ served: ServedResource, _ namespace: String, _ name: String, _ object: JSON) async throws(APIStatus)
        -> StoredValue
    {
        let key = served.key(namespace, name)
        let record = StoredBytes.kept(ObjectRecord.encode(object))
        do {
            let revision = try await put(key, record, object, expecting: 0)
            let value = StoredValue(key: key, value: record, createRevision: revision, modRevision: revision)
            cache.put(value)
            return value
        } catch .conflict {
            throw .alreadyExists(served.resource, name)
        } catch {
            throw Self.status(error)
        }
    }

    /// Nil when the object isn't at `old` any more: the caller reads it again.
    func replace(_ old: StoredValue, _ object: JSON) async throws(APIStatus) -> StoredValue? {
        let record = StoredBytes.kept(ObjectRecord.encode(object))
        do {
            let revision = try await put(old.key, record, object, expecting: old.modRevision)
            let value = StoredValue(
                key: old.key, value: record, createRevision: old.createRevision, modRevision: revision)
            cache.put(value)
            return value
        } catch .conflict {
            return nil
        } catch {
            throw Self.status(error)
        }
    }

    private func put(_ key: String, _ record: ByteBuffer, _ object: JSON, expecting: Int64) async throws(StorageError)
        -> Int64
    {
        trees.begin(key, record, object)
        do {
            let revision = try await storage.put(key, record, expecting: expecting)
            trees.end(key, record, revision)
            return revision
        } catch {
            trees.end(key, record, nil)
            throw error
        }
    }

    /// The deletion's revision; nil when the object isn't at `old` any more.
    func remove(_ old: StoredValue) async throws(APIStatus) -> Int64? {
        do {
            let revision = try await storage.delete(old.key, expecting: old.modRevision).revision
            cache.remove(old.key, revision)
            return revision
        } catch .conflict {
            return nil
        } catch {
            throw Self.status(error)
        }
    }

    static func status(_ error: StorageError) -> APIStatus {
        switch error {
        case .compacted:
            .gone("The provided continue parameter is too old to display a consistent list result.")
        case .futureRevision(let current):
            APIStatus(
                code: 504, reason: "Timeout", message: "Timeout: Too large resource version, current: \(current)",
                details: [
                    "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                    "retryAfterSeconds": 1,
                ])
        case .conflict: .internalError("the store refused a write")
        case .unavailable(let why): APIStatus(code: 503, reason: "ServiceUnavailable", message: why)
        }
    }

    /// The tree that readers of the cache share, where it has this value.
    func tree(of value: StoredValue) throws(APIStatus) -> JSON {
        if let known = cache.tree(of: value) { return known }
        return try Self.decode(value)
    }

    static func decode(_ value: StoredValue) throws(APIStatus) -> JSON {
        do { return try ObjectRecord.decode(value) } catch { throw unreadable(value, error) }
    }

    static func unreadable(_ value: StoredValue, _ error: JSONError) -> APIStatus {
        .internalError("the stored object \(value.key) can't be read: \(error)")
    }
}

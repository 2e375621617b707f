import KubeModel
import NIOConcurrencyHelpers

extension Limit {
    /// Bytes of encoded items that are kept, in each of two generations.
    static let keptItemBytes = 16 << 20
}

/// Objects as items of a protobuf list, kept by their revision: lists in protobuf are those of programs' caches, which
/// begin together and ask for the same.
final class EncodedItems: Sendable {
    private struct Key: Hashable {
        let revision: Int64
        let version: GroupVersion

        /// An object's versions alone share a revision.
        func hash(into hasher: inout Hasher) { hasher.combine(revision) }
    }

    private struct State {
        var young: [Key: [UInt8]] = [:]
        /// What was asked for before the young ones became too many.
        var old: [Key: [UInt8]] = [:]
        var youngBytes = 0

        mutating func put(_ key: Key, _ item: [UInt8]) {
            if youngBytes + item.count > Limit.keptItemBytes {
                old = young
                young = [:]
                youngBytes = 0
            }
            if young.updateValue(item, forKey: key) == nil { youngBytes += item.count }
        }
    }

    private let state = NIOLockedValueBox(State())

    /// The item, made by `make` when it isn't here.
    /// - Parameter revision: the object's last write.
    func item(_ revision: Int64, _ version: GroupVersion, make: () throws(APIStatus) -> [UInt8]) throws(APIStatus)
        -> [UInt8]
    {
        let key = Key(revision: revision, version: version)
        let known = state.withLockedValue { state -> [UInt8]? in
            if let item = state.young[key] { return item }
            guard let item = state.old.removeValue(forKey: key) else { return nil }
            state.put(key, item)
            return item
        }
        if let known { return known }
        let item = try make()
        state.withLockedValue { $0.put(key, item) }
        return item
    }
}

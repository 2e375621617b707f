import NIOCore

/// A put or a deletion that somebody asks for.
struct WriteRequest: Sendable {
    /// What was written, or was there before.
    typealias Outcome = Result<(revision: Int64, old: StoredValue?), StorageError>

    let key: String
    /// nil deletes.
    let value: ByteBuffer?
    /// The key's last revision, 0 when it must not be there; nil: whatever it is.
    let expected: Int64?

    /// Throws when it is larger than any request of the API server can be.
    init(_ key: String, _ value: ByteBuffer?, expecting expected: Int64?) throws(StorageError) {
        guard key.utf8.count <= Limit.keyBytes, value?.readableBytes ?? 0 <= Limit.valueBytes else {
            throw .unavailable(
                "\(key.prefix(253)) is too large to be stored: a key may have \(Limit.keyBytes) bytes, a value "
                    + "\(Limit.valueBytes)")
        }
        self.key = key
        self.value = value.map { StoredBytes.kept($0) }
        self.expected = expected
    }

    var bytes: Int { key.utf8.count + (value?.readableBytes ?? 0) }
}

/// What a batch of writes comes to, decided against the state before it: no I/O, no waiting.
struct WritePlan {
    private(set) var records: [LogRecord] = []
    private(set) var events: [StorageEvent] = []
    /// For each write in order: its outcome when the records are on the disk.
    private(set) var outcomes: [WriteRequest.Outcome] = []

    /// - Parameter revision: the last one in use.
    init(_ writes: [WriteRequest], revision: Int64, current: (String) -> StoredValue?) {
        var changed: [ByteKey: StoredValue?] = [:]
        var revision = revision
        for write in writes {
            let key = ByteKey(text: write.key)
            let old = writes.count == 1 ? current(write.key) : changed[key] ?? current(write.key)
            let isExpected = write.expected.map { $0 == (old?.modRevision ?? 0) } ?? true
            guard isExpected, old != nil || write.value != nil else {
                outcomes.append(.failure(.conflict(old)))
                continue
            }
            revision += 1
            let record = LogRecord(
                revision: revision, previous: old?.modRevision ?? 0,
                createRevision: old?.createRevision ?? revision,
                // The key that is in memory already, rather than another copy of it.
                key: old?.key ?? write.key, value: write.value)
            let new = record.stored
            if writes.count > 1 { changed[key] = .some(new) }
            records.append(record)
            events.append(
                StorageEvent(
                    kind: new == nil ? .delete : .put, key: record.key, revision: revision, value: new, previous: old))
            outcomes.append(.success((revision, old)))
        }
    }
}

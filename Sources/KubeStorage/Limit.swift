/// What the store keeps, waits for and does at once, at most.
enum Limit {
    /// Writes in one transaction: a fsync is shared by enough, and the first of them doesn't wait long for the last.
    static let batchWrites = 512
    /// Bytes of values in one transaction, and so what a failed one costs.
    static let batchBytes = 8 << 20
    /// Writes that wait for the disk. Past it they fail at once: the disk doesn't keep up.
    static let waitingWrites = 20_000
    /// Bytes of values that wait for the disk.
    static let waitingBytes = 128 << 20
    /// Largest value, in bytes: twice the largest request body that the API server takes.
    static let valueBytes = 8 << 20
    /// Longest key, in bytes: a resource, a namespace and a name of 253 bytes each, with room.
    static let keyBytes = 2_048
    /// Rows that a watch behind the present reads from disk in one go.
    static let catchUpRows = 2_048
    /// Bytes of values that a watch behind the present reads from disk in one go.
    static let catchUpBytes = 4 << 20
    /// Snapshots of pages lists kept for their next pages.
    static let pagedSnapshots = 8
    /// Bytes of overwritten and deleted values that a kept snapshot holds in memory.
    static let pagedSnapshotBytes = 64 << 20
    /// Rows that one step of the compaction looks at: some milliseconds between writes.
    static let compactionStep = 500
    /// Pages given back to the file system in one step.
    static let vacuumPages = 256
    /// Write-ahead log, in pages, at which the writer itself stops to move it: 64 MiB.
    static let forcedCheckpointPages = 16_000
}

/// What watches keep in memory, at most. Tests make it small.
struct WatchLimits: Sendable {
    /// Events in memory: seconds of the heaviest load.
    var ringEvents = 8_192
    /// Bytes of the values of the events in memory.
    var ringBytes = 24 << 20
    /// Events that wait for a watch's reader. Past it they are dropped and read again from the history.
    var watchEvents = 2_048
    /// Bytes of the values that wait for a watch's reader.
    var watchBytes = 8 << 20
    /// Events that a watch behind the present takes in one go, or looks at.
    var catchUpEvents = 1_024
    /// How long a prefix whose readers have all been woken rests for each of them, in nanoseconds: half as long again as
    /// giving one of them what waited took lately, within these bounds. So others get their turn, and what happens
    /// meanwhile goes out together. Shorter rests cost processor time, longer ones delay.
    var restPerReader = 10_000...60_000
    /// Readers that are woken together without a rest after it.
    var restlessReaders = 16
    /// Receivers that get their events in one go on an event loop, which then does what else it has to: some
    /// milliseconds.
    var turnsAtOnce = 64
    /// The longest rest, in nanoseconds.
    var longestRest = 30_000_000
}

/// Which unused images go when their disk fills up. Pure, by the original's rules (`pkg/kubelet/images`).
struct ImageCollection: Sendable {
    struct Image: Sendable, Equatable {
        var id: String
        var size = 0
        /// Seconds since 1970.
        var detectedAt = 0.0, usedAt = 0.0
    }

    /// Seconds that an image stays at least: it may have been brought for a container that is to come.
    static let leastAge = 120.0

    /// Percent of the disk that is in use.
    static func used(_ level: NodeObservation.Level) -> Int {
        guard level.capacity > 0 else { return 0 }
        return 100 - min(level.available, level.capacity) * 100 / level.capacity
    }

    /// Bytes to be freed; 0: less than the higher mark is in use.
    static func excess(_ level: NodeObservation.Level, high: Int, low: Int) -> Int {
        guard level.capacity > 0, high < 100, used(level) >= high else { return 0 }
        return max(0, level.capacity * (100 - low) / 100 - min(level.available, level.capacity))
    }

    /// Those that may go, the longest unused first, until enough is free.
    static func removals(_ images: [Image], inUse: Set<String>, bytes: Int, now: Double) -> [Image] {
        var freed = 0
        var removals: [Image] = []
        let order = images.sorted { ($0.usedAt, $0.detectedAt, $0.id) < ($1.usedAt, $1.detectedAt, $1.id) }
        for image in order where !inUse.contains(image.id) && now - image.detectedAt >= leastAge {
            guard freed < bytes else { break }
            removals.append(image)
            freed += image.size
        }
        return removals
    }

    static func failure(_ level: NodeObservation.Level, freed: Int) -> String {
        "Insufficient free disk space on the node's image filesystem (\(used(level))% of \(size(level.capacity)) used). "
            + "Failed to free sufficient space by deleting unused images (freed \(freed) bytes). "
            + "Investigate disk usage, as it could be used by active images, logs, volumes, or other data."
    }

    /// `9.8 GiB`.
    static func size(_ bytes: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        var amount = Double(bytes) / 1_024, unit = 0
        guard bytes >= 1_024 else { return "\(bytes) B" }
        while amount >= 1_024, unit + 1 < units.count {
            amount /= 1_024
            unit += 1
        }
        let tenths = Int((amount * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}

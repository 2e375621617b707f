import DockerModel
import Fault
import ImageStore
import JSON
import OCI

// The build cache as people see it: `docker system df`, `docker builder prune`.
extension Engine {
    package enum BuildCacheLimit {
        /// Bytes that the cache may hold before what wasn't used for longest goes, after a build.
        package static let bytes: Int64 = 20 << 30
    }

    package func buildCacheUsage() async throws -> [JSON] {
        try await images.cachedSteps().map { step in
            [
                "ID": .string(String(step.key.hex.prefix(25))), "Type": "regular",
                "Description": .string(step.description), "InUse": false, "Shared": .bool(step.isShared),
                "Size": .int(step.size), "CreatedAt": .string(rfc3339(step.created)),
                "LastUsedAt": .string(rfc3339(Int64(step.used * 1e9))), "UsageCount": JSON(step.uses),
            ]
        }
    }

    package func pruneBuildCache(all: Bool, keep: Int64, filters: Filters) async throws -> JSON {
        let steps = try await images.cachedSteps()
        let until = try filters["until"].first.map { (text) throws(Fault) in
            try TimeBound.parse(text, now: nowNanoseconds())
        }
        let ids = Set(filters["id"])
        let candidates = steps.filter { step in
            (ids.isEmpty || ids.contains(String(step.key.hex.prefix(25))))
                && until.map { Int64(step.used * 1e9) < $0 } != false && (all || !step.isShared)
        }
        let dropped = Self.oldest(candidates, of: steps, keep: keep)
        let freed = try await images.dropCachedSteps(dropped)
        return [
            "CachesDeleted": JSON(dropped.map { String($0.key.hex.prefix(25)) }), "SpaceReclaimed": .int(freed),
        ]
    }

    /// After a build: what goes beyond the limit goes.
    package func trimBuildCache() async throws {
        let steps = try await images.cachedSteps()
        _ = try await images.dropCachedSteps(Self.oldest(steps, of: steps, keep: BuildCacheLimit.bytes))
    }

    /// From those that weren't used for longest on, until no more than `keep` bytes are left of all.
    static func oldest(_ candidates: [CachedStep], of all: [CachedStep], keep: Int64) -> [CachedStep] {
        var left = all.reduce(0) { $0 + $1.size }
        return candidates.prefix { step in
            guard left > keep || keep == 0 else { return false }
            left -= step.size
            return true
        }
    }
}

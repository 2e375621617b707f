import JSON

/// Volumes that are on their way out, or gone.
enum VolumeWarnings {
    static let retired = [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    /// Projected files that would hide a token.
    static func addTokenPaths(_ volumes: [JSON], _ path: FieldPath, _ warnings: inout [String]) {
        let sources = volumes.enumerated().flatMap { index, volume in
            volume["projected"].list("sources").map { (index, $0) }
        }
        let tokens = Set(sources.compactMap { $0.1["serviceAccountToken"]["path"].string })
        if tokens.isEmpty { return }
        func warn(_ file: String, _ at: FieldPath) {
            guard tokens.contains(file) else { return }
            warnings.append("\(at): has duplicated path with ServiceAccountToken \(GoText.quoted(file))")
        }
        for (index, source) in sources {
            let at = path[index]["projected"]["sources"]
            for (kind, name) in [("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")] {
                for (place, item) in source[kind].list("items").enumerated() {
                    warn(item.text("path"), at[name][place])
                }
            }
            if source.has("clusterTrustBundle") {
                warn(source["clusterTrustBundle"].text("path"), at["ClusterTrustBundle"])
            }
        }
    }
}

/// Files of a volume that stand in each other's way.
extension VolumeWarnings {
    static func addOverlaps(_ volumes: [JSON], _ warnings: inout [String]) {
        for volume in volumes {
            let name = GoText.quoted(volume.text("name"))
            for (source, kind, named) in [("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name")]
            where volume.has(source) {
                let whose = "volume \(name) (\(kind) \(GoText.quoted(volume[source].text(named))))"
                warnings += overlaps(paths(volume[source])).map { "\(whose): overlapping paths: \($0)" }
            }
            if volume.has("downwardAPI") {
                let found = overlaps(paths(volume["downwardAPI"]))
                warnings += found.map { "volume \(name) (DownwardAPI): overlapping paths: \($0)" }
            }
            if volume.has("projected") {
                let sources = volume["projected"].list("sources")
                if sources.isEmpty { warnings.append("volume \(name) (Projected) has no sources provided") }
                let found = overlaps(sources.flatMap(projectedPaths))
                warnings += found.map { "volume \(name) (Projected): overlapping paths: \($0)" }
            }
        }
    }

    private static func paths(_ source: JSON) -> [String] { source.list("items").map { $0.text("path") } }

    private static func projectedPaths(_ source: JSON) -> [String] {
        let items = ["secret", "configMap", "downwardAPI"].flatMap { paths(source[$0]) }
        let files = ["serviceAccountToken", "clusterTrustBundle"].map { source[$0].text("path") }
        return items + files.filter { !$0.isEmpty }
    }

    /// `"a/b" with "a"`, for each path that is another one or lies below it.
    private static func overlaps(_ paths: [String]) -> [String] {
        var found: [String] = []
        for (at, path) in paths.enumerated() {
            for earlier in paths[..<at] where isWithin(path, earlier) || isWithin(earlier, path) {
                let (long, short) = path.utf8.count >= earlier.utf8.count ? (path, earlier) : (earlier, path)
                found.append("\(GoText.quoted(long)) with \(GoText.quoted(short))")
            }
        }
        return found
    }

    private static func isWithin(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix(folder + "/")
    }
}

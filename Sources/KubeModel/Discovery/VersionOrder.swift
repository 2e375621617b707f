/// The order in which clients prefer version names: `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then the rest.
package enum VersionOrder {
    /// Whether `a` is preferred to `b`.
    package static func isBefore(_ a: String, _ b: String) -> Bool {
        switch (parts(a), parts(b)) {
        case (nil, nil): a < b
        case (nil, _?): false
        case (_?, nil): true
        case (let a?, let b?):
            a.stage != b.stage ? a.stage > b.stage : a.major != b.major ? a.major > b.major : a.minor > b.minor
        }
    }

    private static func parts(_ version: String) -> (major: Int, stage: Int, minor: Int)? {
        guard let match = version.wholeMatch(of: /v([1-9][0-9]{0,8})(?:(alpha|beta)([1-9][0-9]{0,8}))?/) else {
            return nil
        }
        let stage =
            switch match.2 {
            case "alpha": 0
            case "beta": 1
            default: 2
            }
        return (Int(match.1) ?? 0, stage, match.3.flatMap { Int($0) } ?? 0)
    }
}

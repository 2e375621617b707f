import Fault
import KubeModel

/// Settings that clusters may be made with: `kubelet.NAME=VALUE`, by the names of the original's flags.
package enum KubeletOption {
    package static let names = [
        "eviction-hard", "eviction-soft", "eviction-soft-grace-period", "eviction-max-pod-grace-period",
        "eviction-pressure-transition-period", "image-gc-high-threshold", "image-gc-low-threshold",
    ]

    /// Throws `invalid` when there is no such setting, or it can't have that value.
    package static func apply(_ text: String, to settings: inout KubeletSettings) throws(Fault) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, halves[0].hasPrefix("kubelet.") else {
            throw Fault(.invalid, "\(text): write settings as kubelet.NAME=VALUE; other components have none")
        }
        let name = String(halves[0].dropFirst("kubelet.".count)), value = halves[1]
        switch name {
        case "eviction-hard": settings.evictionThresholds = try EvictionThreshold.parse(value)
        case "eviction-soft": settings.softThresholds = try EvictionThreshold.parse(value)
        case "eviction-soft-grace-period": settings.softGrace = try EvictionThreshold.parseGrace(value)
        case "eviction-max-pod-grace-period":
            guard let seconds = Int(value) else {
                throw Fault(.invalid, "\(name): \"\(value)\" is no number of seconds")
            }
            settings.longestSoftEnd = seconds
        case "eviction-pressure-transition-period": settings.pressureTransition = try seconds(value, name)
        case "image-gc-high-threshold": settings.imageHighMark = try percent(value, name)
        case "image-gc-low-threshold": settings.imageLowMark = try percent(value, name)
        default:
            throw Fault(
                .invalid, "the kubelet has no setting \"\(name)\"; there are \(names.joined(separator: ", "))")
        }
        guard settings.imageLowMark <= settings.imageHighMark else {
            throw Fault(.invalid, "image-gc-low-threshold can't be higher than image-gc-high-threshold")
        }
    }

    /// What settings must be together; throws `invalid`.
    package static func check(_ settings: KubeletSettings) throws(Fault) {
        for threshold in settings.softThresholds where settings.softGrace[threshold.signal] == nil {
            let name = threshold.signal.rawValue
            throw Fault(
                .invalid, "the soft eviction threshold of \(name) needs kubelet.eviction-soft-grace-period=\(name)=TIME"
            )
        }
    }

    private static func percent(_ text: String, _ name: String) throws(Fault) -> Int {
        guard let value = Int(text), (0...100).contains(value) else {
            throw Fault(.invalid, "\(name): \"\(text)\" is no number of 0 to 100")
        }
        return value
    }

    /// `5m`, `1m30s`.
    private static func seconds(_ text: String, _ name: String) throws(Fault) -> Double {
        guard let nanoseconds = try? DurationText.parse(text), nanoseconds >= 0 else {
            throw Fault(.invalid, "\(name): \"\(text)\" is no time, as 30s or 5m")
        }
        return Double(nanoseconds) / 1e9
    }
}

import CommandLine
import KubeModel

/// Both modules below have types of these names; these are the ones that this module means.
typealias ModelTime = KubeModel.Timestamp
typealias ModelText = KubeModel.GoText

extension String {
    /// Go's `%q`.
    var quoted: String { ModelText.quoted(self) }
}

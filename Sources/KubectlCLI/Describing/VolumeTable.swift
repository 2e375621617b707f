import JSON

/// Sources of volumes that are told by their members alone, in the original's words and order.
enum VolumeTable {
    struct Source: Sendable {
        let member: String
        let title: String
        /// What is shown, and the member that says it.
        let fields: [(String, String)]
        /// Of a PersistentVolume's alone.
        var persistentOnly: Set<String> = []

        init(_ member: String, _ title: String, _ fields: [(String, String)], persistentOnly: Set<String> = []) {
            self.member = member
            self.title = title
            self.fields = fields
            self.persistentOnly = persistentOnly
        }
    }

    static let all: [Source] = [
        Source(
            "hostPath", "HostPath (bare host directory volume)", [("Path", "path"), ("HostPathType", "type")]),
        Source(
            "secret", "Secret (a volume populated by a Secret)",
            [("SecretName", "secretName"), ("Optional", "optional")]),
        Source(
            "configMap", "ConfigMap (a volume populated by a ConfigMap)", [("Name", "name"), ("Optional", "optional")]),
        Source(
            "nfs", "NFS (an NFS mount that lasts the lifetime of a pod)",
            [("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly")]),
        Source("local", "LocalVolume (a persistent volume backed by local storage on a node)", [("Path", "path")]),
        Source(
            "persistentVolumeClaim",
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            [("ClaimName", "claimName"), ("ReadOnly", "readOnly")]),
        Source(
            "image", "Image (a container image or OCI artifact)",
            [("Reference", "reference"), ("PullPolicy", "pullPolicy")]),
        Source(
            "gitRepo", "GitRepo (a volume that is pulled from git when the pod is created)",
            [("Repository", "repository"), ("Revision", "revision")]),
        Source(
            "cephfs", "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
            [
                ("Monitors", "monitors"), ("Path", "path"), ("User", "user"), ("SecretFile", "secretFile"),
                ("SecretRef", "secretRef"), ("ReadOnly", "readOnly"),
            ]),
        Source(
            "glusterfs", "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
            [("EndpointsName", "endpoints"), ("Path", "path"), ("ReadOnly", "readOnly")]),
        Source(
            "rbd", "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
            [
                ("CephMonitors", "monitors"), ("RBDImage", "image"), ("FSType", "fsType"), ("RBDPool", "pool"),
                ("RadosUser", "user"), ("Keyring", "keyring"), ("SecretRef", "secretRef"), ("ReadOnly", "readOnly"),
            ]),
        Source(
            "awsElasticBlockStore", "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
            [("VolumeID", "volumeID"), ("FSType", "fsType"), ("Partition", "partition"), ("ReadOnly", "readOnly")]),
        Source(
            "gcePersistentDisk", "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
            [("PDName", "pdName"), ("FSType", "fsType"), ("Partition", "partition"), ("ReadOnly", "readOnly")]),
        Source(
            "azureDisk", "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
            [
                ("DiskName", "diskName"), ("DiskURI", "diskURI"), ("Kind", "kind"), ("FSType", "fsType"),
                ("CachingMode", "cachingMode"), ("ReadOnly", "readOnly"),
            ]),
        Source(
            "azureFile", "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
            [
                ("SecretName", "secretName"), ("SecretNamespace", "secretNamespace"), ("ShareName", "shareName"),
                ("ReadOnly", "readOnly"),
            ], persistentOnly: ["secretNamespace"]),
        Source(
            "vsphereVolume", "vSphereVolume (a Persistent Disk resource in vSphere)",
            [("VolumePath", "volumePath"), ("FSType", "fsType"), ("StoragePolicyName", "storagePolicyName")]),
        Source(
            "cinder", "Cinder (a Persistent Disk resource in OpenStack)",
            [("VolumeID", "volumeID"), ("FSType", "fsType"), ("ReadOnly", "readOnly"), ("SecretRef", "secretRef")]),
        Source(
            "flocker", "Flocker (a Flocker volume mounted by the Flocker agent)",
            [("DatasetName", "datasetName"), ("DatasetUUID", "datasetUUID")]),
        Source("portworxVolume", "PortworxVolume (a Portworx Volume resource)", [("VolumeID", "volumeID")]),
        Source(
            "scaleIO", "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
            [
                ("Gateway", "gateway"), ("System", "system"), ("Protection Domain", "protectionDomain"),
                ("Storage Pool", "storagePool"), ("Storage Mode", "storageMode"), ("VolumeName", "volumeName"),
                ("FSType", "fsType"), ("ReadOnly", "readOnly"),
            ]),
        Source(
            "storageos", "StorageOS (a StorageOS Persistent Disk resource)",
            [
                ("VolumeName", "volumeName"), ("VolumeNamespace", "volumeNamespace"), ("FSType", "fsType"),
                ("ReadOnly", "readOnly"),
            ]),
        Source(
            "quobyte", "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
            [("Registry", "registry"), ("Volume", "volume"), ("ReadOnly", "readOnly")]),
        Source(
            "flexVolume",
            "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
            [
                ("Driver", "driver"), ("FSType", "fsType"), ("SecretRef", "secretRef"), ("ReadOnly", "readOnly"),
                ("Options", "options"),
            ]),
        Source(
            "photonPersistentDisk", "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
            [("PdID", "pdID"), ("FSType", "fsType")]),
    ]

    /// A member's value, also where it isn't set.
    static func value(_ label: String, _ member: String, _ value: JSON, isPersistent: Bool) -> String {
        switch member {
        case "optional", "readOnly": "\(value.bool ?? false)"
        case "partition": "\(value.int ?? 0)"
        case "monitors": "[\(value.strings.joined(separator: " "))]"
        case "options": value.isNull ? "map[]" : GoSyntax.plain(value)
        case "secretRef": secret(value, isPersistent: isPersistent)
        default: value.isNull && label == "HostPathType" ? "<none>" : value.plain
        }
    }

    /// As Go prints it.
    static func secret(_ secret: JSON, isPersistent: Bool) -> String {
        if secret.isNull { return "nil" }
        let name = secret["name"].plain
        return isPersistent
            ? "&SecretReference{Name:\(name),Namespace:\(secret["namespace"].plain),}"
            : "&LocalObjectReference{Name:\(name),}"
    }
}

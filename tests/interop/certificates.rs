//! Certificates of one authority for all provinces, and of another one for somebody else.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};

use crate::Outcome;
use crate::world::World;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// An authority.
pub(crate) fn authority() -> Result<Issuer, String> {
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(failed)?).map_err(failed)
}

/// A certificate of an authority with its key, as `NAME.pem` and `NAME.key.pem`.
pub(crate) fn certify(issuer: &Issuer, folder: &Path, name: &str) -> Outcome {
    let key = KeyPair::generate().map_err(failed)?;
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).map_err(failed)?;
    let certificate = params.signed_by(&key, issuer).map_err(failed)?;
    fs::write(folder.join(format!("{name}.pem")), certificate.pem()).map_err(failed)?;
    fs::write(folder.join(format!("{name}.key.pem")), key.serialize_pem()).map_err(failed)
}

/// Gives every province of a world a certificate to be asked under and one to ask with.
pub(crate) fn deal(world: &World) -> Outcome {
    let issuer = authority()?;
    for province in world.provinces.values() {
        let folder = province.data.join("peers");
        fs::write(folder.join("ca.pem"), issuer.pem()).map_err(failed)?;
        certify(&issuer, &folder, "server")?;
        certify(&issuer, &folder, "client")?;
    }
    Ok(())
}

use super::{Handout, Line};
use crate::address::Address;

/// The script, whose three marks stand where ids go. Its cmdlets are those of the Microsoft Graph PowerShell SDK, version 2
/// (module reference: Update-MgGroup, New-MgGroupMember, Remove-MgGroupMemberDirectoryObjectByRef).
const SCRIPT: &str = include_str!("script.ps1");

impl Handout {
    /// As a PowerShell script for the Microsoft.Graph module.
    ///
    /// It takes `-WhatIf`, and can be run again: who is a member already is not added, and who is none is not removed. It is
    /// of plain ASCII: a redirection of an old shell does not change what it says.
    #[must_use]
    pub fn powershell(&self) -> String {
        SCRIPT
            .replace("<group>", &self.group.id.to_string())
            .replace("<add>", &ids(&self.add))
            .replace("<remove>", &ids(&self.remove))
    }
}

fn ids(lines: &[Line]) -> String {
    let line = |Line { object_id, address, .. }: &Line| match address {
        Some(address) => format!("    '{object_id}'  # {}", comment(address)),
        None => format!("    '{object_id}'"),
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// An address of which nothing can end a comment or mean anything in one.
fn comment(address: &Address) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    address.as_str().chars().map(|c| if plain(c) { c } else { '?' }).collect()
}

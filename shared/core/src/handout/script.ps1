#Requires -Version 5.1
#Requires -Modules Microsoft.Graph.Authentication, Microsoft.Graph.Groups

# Changes in the members of one group, planned by listsync.
# See what it would do with -WhatIf. It can be run again: what is so already is left alone.
[CmdletBinding(SupportsShouldProcess)]
param()

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$GroupId = '<group>'

$Add = @(
<add>
)

$Remove = @(
<remove>
)

if (-not (Get-MgContext)) {
    Connect-MgGraph -Scopes 'GroupMember.ReadWrite.All'
}
$Graph = (Get-MgEnvironment -Name (Get-MgContext).Environment).GraphEndpoint
$Failed = 0

$Members = @{}
foreach ($Member in @(Get-MgGroupMember -GroupId $GroupId -All)) {
    $Members[$Member.Id] = $true
}
$Add = @($Add | Where-Object { -not $Members.ContainsKey($_) })
$Remove = @($Remove | Where-Object { $Members.ContainsKey($_) })

for ($First = 0; $First -lt $Add.Count; $First += 20) {
    $Last = [Math]::Min($First + 19, $Add.Count - 1)
    $Chunk = @($Add[$First..$Last])
    if (-not $PSCmdlet.ShouldProcess("group $GroupId", "add $($Chunk -join ', ')")) {
        continue
    }
    $Links = @($Chunk | ForEach-Object { "$Graph/v1.0/directoryObjects/$_" })
    try {
        Update-MgGroup -GroupId $GroupId -BodyParameter @{ 'members@odata.bind' = $Links }
        continue
    }
    catch {
        Write-Verbose "One of a chunk was refused, and so all of it: each is tried by itself."
    }
    foreach ($Id in $Chunk) {
        try {
            New-MgGroupMember -GroupId $GroupId -DirectoryObjectId $Id
        }
        catch {
            if ("$_" -notmatch 'already exist') {
                $Failed += 1
                Write-Warning "$Id was not added: $_"
            }
        }
    }
}

foreach ($Id in $Remove) {
    if (-not $PSCmdlet.ShouldProcess("group $GroupId", "remove $Id")) {
        continue
    }
    try {
        Remove-MgGroupMemberDirectoryObjectByRef -GroupId $GroupId -DirectoryObjectId $Id
    }
    catch {
        if ("$_" -notmatch 'not exist') {
            $Failed += 1
            Write-Warning "$Id was not removed: $_"
        }
    }
}

Write-Output "To add: $($Add.Count). To remove: $($Remove.Count). Failed: $Failed."
if ($Failed -gt 0) {
    exit 1
}

"""Grants: what a user token allows beside, or instead of, what its user may do.

A token names resources by their URLs, always those of the public service, and for each the grants it gives there.
With ``explicit_grants`` it may do nothing else (GRANT-EXPLICIT-ONLY). Objects are nobody's own: they take a grant from
every token (GRANT-OBJECT-CHANNEL-DATA, GRANT-PROVIDER-CHANNELS).

Within the resources of a user, grants under tenants confine: where a token has the grant under tenants, a request
about a tenant takes the grant of that tenant; the grant under the user stands for what is about no tenant, and for
every tenant where none is named (GRANT-TENANT-FEED-ONLY, GRANT-TENANT-AND-USER, GRANT-TENANT-PREFERENCES).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from .references import TENANTS, USERS, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NEEDED", "Grants", "object_in_question", "read_grants", "tenants_in_question"]

#: What the URLs of resources begin with, wherever the emulator is.
ROOT: Final = "https://api.knock.app/v1/"
#: The id of the preferences that are about no tenant.
DEFAULT_PREFERENCES: Final = "default"

_PROFILE_READS = ("getUser",)
_PROFILE_WRITES = ("identifyUser",)
_FEED_READS = ("listUserInAppFeedItems", "getUserInAppFeedSettings", "getMessage")
_FEED_WRITES = (
    "markMessageSeen",
    "markMessageUnseen",
    "markMessageUnseenAlias",
    "markMessageRead",
    "markMessageUnread",
    "markMessageUnreadAlias",
    "markMessageInteracted",
    "archiveMessage",
    "unarchiveMessage",
    "unarchiveMessageAlias",
    "batchMarkMessagesAsSeen",
    "batchMarkMessagesAsUnseen",
    "batchMarkMessagesAsRead",
    "batchMarkMessagesAsUnread",
    "batchMarkMessagesAsInteracted",
    "batchMarkMessagesAsArchived",
    "batchMarkMessagesAsUnarchived",
    "bulkUpdateMessagesForChannel",
)
_BULK = ("bulkUpdateMessagesForChannel",)
_GUIDE_READS = ("listUserGuides",)
_GUIDE_WRITES = (
    "markUserGuideAsSeen",
    "markUserGuideAsInteracted",
    "markUserGuideAsArchived",
    "markUserGuideAsUnarchived",
    "resetUserGuideEngagement",
    "markUserGuideMessageAsSeen",
    "markUserGuideMessageAsInteracted",
    "markUserGuideMessageAsArchived",
)
_PREFERENCE_READS = (
    "getPreferenceCenterConfig",
    "listUserPreferenceSets",
    "getUserPreferenceSet",
    "listObjectPreferenceSets",
    "getObjectPreferenceSet",
)
_PREFERENCE_WRITES = (
    "updateUserPreferenceSet",
    "updateUserPreferenceCategories",
    "updateUserPreferenceCategory",
    "updateUserPreferenceChannelTypes",
    "updateUserPreferenceChannelType",
    "updateUserPreferenceWorkflows",
    "updateUserPreferenceWorkflow",
    "updateObjectPreferenceSet",
    "deleteObjectPreferenceSet",
    "updateObjectPreferenceCategories",
    "updateObjectPreferenceCategory",
    "updateObjectPreferenceChannelTypes",
    "updateObjectPreferenceChannelType",
    "updateObjectPreferenceWorkflows",
    "updateObjectPreferenceWorkflow",
)
_CHANNEL_DATA_READS = ("getUserChannelData", "getObjectChannelData")
_CHANNEL_DATA_WRITES = ("setUserChannelData", "unsetUserChannelData", "setObjectChannelData", "unsetObjectChannelData")
_SLACK = ("slackProviderAuthCheck", "listChannelsForSlackProvider", "slackProviderRevokeAccess")
_MS_TEAMS = (
    "msTeamsProviderAuthCheck",
    "listTeamsForMsTeamsProvider",
    "listChannelsForMsTeamsProvider",
    "msTeamsProviderRevokeAccess",
)

#: The grant that each operation takes, of those that a public key may call (GRANT-MAP).
NEEDED: Final[Mapping[str, str]] = {
    operation: grant
    for grant, operations in {
        "user/read": _PROFILE_READS,
        "user/write": _PROFILE_WRITES,
        "user/feed_read": _FEED_READS,
        "user/feed_write": _FEED_WRITES,
        "user/guide_read": _GUIDE_READS,
        "user/guide_write": _GUIDE_WRITES,
        "preferences/read": _PREFERENCE_READS,
        "preferences/write": _PREFERENCE_WRITES,
        "channel_data/read": _CHANNEL_DATA_READS,
        "channel_data/write": _CHANNEL_DATA_WRITES,
        "slack/channels_read": _SLACK,
        "ms_teams/channels_read": _MS_TEAMS,
    }.items()
    for operation in operations
}


class Grants(NamedTuple):
    """What a user token says of grants.

    Attributes:
        explicit: whether it allows nothing that is not granted.
        given: each grant and the resource it is given under.
    """

    explicit: bool
    given: frozenset[tuple[Ref, str]]

    def cover_object(self, grant: str, ref: Ref) -> bool:
        """Say whether something may be done to an object."""
        return (ref, grant) in self.given

    def cover_user(self, grant: str, user_id: str, *, tenant: str | None) -> bool:
        """Say whether something may be done to what is the user's own.

        Args:
            grant: that it takes.
            user_id: the subject of the token (GRANT-KEY-MATCHES-SUB).
            tenant: that it is about; None: none.
        """
        if not self.explicit:
            return True  # GRANT-DEFAULT-ALL
        tenants = {ref.id for ref, name in self.given if name == grant and ref.collection == TENANTS}
        if tenant is not None and tenants:
            return tenant in tenants
        return (Ref(USERS, user_id), grant) in self.given


def read_grants(grants: Any, *, explicit: Any) -> Grants:
    """Read the two claims of a token; what has another form than documented grants nothing.

    The list under a grant may be empty or hold conditions, which are not looked at (GRANT-VALUE-FORMS).
    """
    given = {
        (ref, name)
        for url, names in (grants.items() if isinstance(grants, dict) else ())
        if isinstance(names, dict) and (ref := _resource(url)) is not None
        for name, value in names.items()
        if isinstance(value, list)
    }
    return Grants(explicit is True, frozenset(given))


def object_in_question(path: Mapping[str, str], query: Mapping[str, Any]) -> Ref | None:
    """Return the object that a valid request is about; None: it is about its user.

    An operation on a provider is about the object that holds the access token.
    """
    if "object_id" in path:
        return Ref(path["collection"], path["object_id"])
    holder = query.get("access_token_object") or query.get("ms_teams_tenant_object")
    return None if holder is None else Ref(holder["collection"], holder["object_id"])


def tenants_in_question(
    operation: str, path: Mapping[str, str], query: Mapping[str, Any], body: Any
) -> Sequence[str | None]:
    """Return the tenants that a valid request about a user is about; one that is about none is about None.

    Feeds and guides have a parameter for it, changes of guides and of many messages a field, and preferences are
    those of the tenant that is their id.
    """
    named = [query["tenant"]] if query.get("tenant") else []
    if operation in _GUIDE_WRITES and body and body.get("tenant"):
        named.append(body["tenant"])
    if operation in _BULK and body:
        named += body.get("tenants", ())
    if "id" in path and operation not in _FEED_READS and path["id"] != DEFAULT_PREFERENCES:
        named.append(path["id"])
    return named or [None]


def _resource(url: str) -> Ref | None:
    """Return what a URL of a resource names; tenants have two forms (GRANT-TENANT-URL-FORMS)."""
    if not url.startswith(ROOT):
        return None
    match [unquote(part) for part in url.removeprefix(ROOT).split("/")]:
        case ["users", user_id]:
            return Ref(USERS, user_id)
        case ["tenants", tenant_id]:
            return Ref(TENANTS, tenant_id)
        case ["objects", collection, object_id]:
            return Ref(collection, object_id)
        case _:
            return None

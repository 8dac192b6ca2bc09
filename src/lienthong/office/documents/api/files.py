"""Endpoints of files: which there are, bring one, take one away, read one."""

from collections.abc import Iterable
from typing import Annotated

from django.http import HttpResponseBase
from ninja import File, Form, Path, Router, Schema, Status, UploadedFile

from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import download, operation
from lienthong.office.api.paging import Id
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.documents import models
from lienthong.office.documents.actions.files import add_file, remove_file
from lienthong.office.documents.api.deeds import WRITES
from lienthong.office.documents.api.schemas import FileOut, RoleName
from lienthong.office.documents.selectors.documents import document, file
from lienthong.office.documents.views.handing_out import hand_out

router = Router(auth=Bearer(Scope.READ_DOCUMENTS))


class Brought(Schema):
    """What a file is to its document."""

    model_config = {"extra": "forbid"}

    role: RoleName = models.File.Role.MAIN.value


@router.get("/documents/{document_id}/files", response=list[FileOut], **operation("documents_files"))
def list_files(request: TokenRequest, document_id: Path[Id]) -> Iterable[models.File]:
    """The files of a document, with their older versions."""
    return models.File.objects.filter(document=document(request.actor, document_id))


@router.post(
    "/documents/{document_id}/files",
    response={201: FileOut},
    auth=WRITES,
    **operation("documents_files_add", body=True, changes=True, files=True),
)
def bring_file(
    request: TokenRequest,
    document_id: Path[Id],
    payload: Form[Brought],
    upload: Annotated[UploadedFile, File(description="Its name is kept as far as it deceives nobody.")],
) -> Status[models.File]:
    """Bring a file to a draft; a main file, or an appendix of the same name, takes the place of the one before."""
    found = document(request.actor, document_id)
    made = add_file(
        actor=request.actor,
        document=found,
        role=models.File.Role(payload.role),
        name=upload.name or "",
        chunks=upload.chunks(),
    )
    with scope.system():
        made.refresh_from_db()
    return Status(201, made)


@router.get("/documents/{document_id}/files/{file_id}", response=None, **download("documents_files_get"))
def read_file(request: TokenRequest, document_id: Path[Id], file_id: Path[Id]) -> HttpResponseBase:
    """The content of a file, or the part of it that is asked for."""
    found = document(request.actor, document_id)
    return hand_out(request, request.actor, found, file(found, file_id))


@router.delete(
    "/documents/{document_id}/files/{file_id}",
    response={204: None},
    auth=WRITES,
    **operation("documents_files_remove", changes=True),
)
def take_file_away(request: TokenRequest, document_id: Path[Id], file_id: Path[Id]) -> Status[None]:
    """Take a file from a draft; its version stays to be read."""
    found = document(request.actor, document_id)
    remove_file(actor=request.actor, document=found, file=file(found, file_id))
    return Status(204, None)
